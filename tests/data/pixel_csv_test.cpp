// Datasets that are a table of pixels.
#include <gtest/gtest.h>

#include "support/datasets.h"
#include "support/files.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::contains;
using test::loaded;
using test::refusal;
using test::TemporaryFolder;

TEST(PixelCsv, TablesOfEmnistAreTurnedUprightAsItsOtherFiles) {
  const TemporaryFolder folder;
  const std::string rows = "1,0,1,2,255\n26,9,8,7,6\n";
  // Its own tables have no header; that others gave them one changes nothing.
  for (const std::string header : {"", "label,a,b,c,d\n"}) {
    const fs::path path = folder.write("emnist-letters-train.csv", header + rows);
    for (const fs::path& place : {folder.path(), path}) {
      const Dataset letters = loaded("emnist-letters", place, Split::train);
      EXPECT_EQ(letters.pixels, (Bytes{0, 2, 1, 255, 9, 7, 8, 6}));
      EXPECT_EQ(letters.labels, (std::vector<int>{0, 25}));
      EXPECT_EQ(letters.class_names.front() + letters.class_names.back(), "AZ");
      EXPECT_TRUE(contains(letters.remark, "turned upright")) << letters.remark;
      EXPECT_TRUE(contains(letters.remark, "1 to 26")) << letters.remark;
    }
    EXPECT_EQ(loaded("mine", path, Split::test).pixels, (Bytes{0, 2, 1, 255, 9, 7, 8, 6}))
        << "the file says what it is, whatever the dataset and the split are called";
  }
  // Of a table that only the dataset's name calls so nobody knows: it is said.
  const fs::path other = folder.write("other/train.csv", "label,a,b,c,d\n" + rows);
  const Dataset dataset = loaded("emnist-byclass", other, Split::train);
  EXPECT_EQ(dataset.pixels, (Bytes{0, 1, 2, 255, 9, 8, 7, 6}));
  EXPECT_TRUE(contains(dataset.remark, "pictures taken as they are")) << dataset.remark;
  EXPECT_TRUE(contains(refusal("mnist", folder.write("plain/train.csv", rows)),
                       "first column \"1\", expected \"label\""));
}

TEST(PixelCsv, TablesOfPixels) {
  const std::string rows = "5,0,1,2,255\n\n3,9,8,7,6\r\n";
  const std::pair<const char*, const char*> tables[] = {
      {"train.csv", "label,pixel0,pixel1,pixel2,pixel3\n"},
      {"mnist_train.csv", "label,1x1,1x2,2x1,2x2\r\n"},
      {"mnist-train.csv", "\xef\xbb\xbf\"label\",a,b,c,d\n"}};
  for (const auto& [file, header] : tables) {
    SCOPED_TRACE(file);
    const TemporaryFolder folder;
    const fs::path path = folder.write(file, header + rows);
    for (const fs::path& place : {folder.path(), path}) {
      const Dataset dataset = loaded("mnist", place, Split::train);
      EXPECT_EQ(dataset.undivided, place == path);
      EXPECT_EQ(dataset.image, (ImageShape{2, 2, 1}));
      EXPECT_EQ(dataset.labels, (std::vector<int>{5, 3}));
      EXPECT_EQ(dataset.pixels, (Bytes{0, 1, 2, 255, 9, 8, 7, 6}));
      EXPECT_EQ(dataset.classes, 10);
    }
  }
  const TemporaryFolder folder;
  const auto table = [&](const std::string& text) {
    return refusal("mnist", folder.write("train.csv", text));
  };
  const std::string header = "label,p0,p1,p2,p3\n";
  EXPECT_TRUE(contains(table("pixel0,pixel1\n1,2\n"), "a table without labels"));
  EXPECT_TRUE(contains(table("label,a,b\n1,2,3\n"), "2 pixels a row, which are no square"));
  EXPECT_TRUE(contains(table(header + "1,2,3,4\n"), "line 2: 4 fields where the header has 5"));
  EXPECT_TRUE(contains(table(header + "1,2,3,4,256\n"), "line 2: field 5 is \"256\""));
  EXPECT_TRUE(contains(table(header + "1,2,3,,5\n"), "line 2: field 4 is \"\""));
  EXPECT_TRUE(contains(table(header + "1,2,3,4,5 \n"), "line 2: field 5 is \"5 \""));
  EXPECT_TRUE(contains(table(header + "12,2,3,4,5\n"), "label 12 for image 0, but mnist has 10"));
  EXPECT_TRUE(contains(table(header), "holds no images"));
  EXPECT_TRUE(contains(table("label,pixel0,pixel1,pixel10,pixel2\n1,2,3,4,5\n"),
                       "has the column pixel2 after pixel10, expected pixels row by row"))
      << "sorted as text";
  EXPECT_TRUE(contains(table("label,1x1,2x1,1x2,2x2\n1,2,3,4,5\n"), "column 1x2 after 2x1"))
      << "column by column";
  EXPECT_TRUE(contains(table(""), "is empty"));
}

}  // namespace
}  // namespace signflip
