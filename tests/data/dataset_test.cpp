// Tests of dataset folders, with small ones made here and with the real MNIST and GTSRB.
#include "data/dataset.h"

#include <algorithm>

#include "data/class_names.h"
#include "data/gzip.h"
#include "data/idx.h"
#include "support/datasets.h"
#include "support/files.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::contains;
using test::Environment;
using test::TemporaryFolder;

/// Two images of 2×3 with labels 1 and 4, and one test image with label 5.
void write_small(const TemporaryFolder& folder) {
  folder.write("train-images-idx3-ubyte", format_idx({{2, 2, 3}, Bytes(12, 51)}));
  folder.write("train-labels-idx1-ubyte.gz", gzip(format_idx({{2}, {1, 4}})));
  folder.write("test-images-x.gz", gzip(format_idx({{1, 2, 3, 1}, {0, 1, 2, 3, 4, 255}})));
  folder.write("test-labels-x", format_idx({{1}, {5}}));
}

std::string dataset_error(const fs::path& folder, Split split, const std::string& name = "small") {
  const auto result = load_dataset(name, folder, split);
  return result ? "no error" : result.error().message;
}

TEST(Dataset, LoadsAFolderOfIdxFiles) {
  const TemporaryFolder folder;
  write_small(folder);
  const auto train = load_dataset("small", folder.path(), Split::train);
  ASSERT_TRUE(train) << train.error().message;
  EXPECT_EQ(train->count(), 2U);
  EXPECT_EQ(train->image, (ImageShape{2, 3, 1}));
  EXPECT_EQ(train->labels, (std::vector<int>{1, 4}));
  EXPECT_EQ(train->classes, 6);  // the test split knows class 5
  EXPECT_EQ(train->class_names.back(), "5");
  EXPECT_TRUE(train->groups.empty());
  ASSERT_EQ(train->files.size(), 2U);
  EXPECT_EQ(train->files[1].name, "train-labels-idx1-ubyte.gz");
  EXPECT_EQ(train->files[1].md5, md5_hex(format_idx({{2}, {1, 4}})));

  const auto test = load_dataset("small", folder.path(), Split::test);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->classes, 6);
  std::vector<float> pixels(12);
  test->copy_images(std::vector<std::uint32_t>{0, 0}, pixels);
  EXPECT_EQ(pixels[5], 1.0F);
  EXPECT_EQ(pixels[7], 1.0F / 255.0F);
  EXPECT_EQ(train->tensor(1, 10).count(), 1U);
  EXPECT_EQ(train->tensor(1, 10).values()[0], 0.2F);
  EXPECT_EQ(train->tensor(5, 1).count(), 0U);
}

TEST(Dataset, TracksComeFromTheIndex) {
  const TemporaryFolder folder;
  write_small(folder);
  folder.write("train-index.csv", "class,track,frame\n1,0,0\n4,0,0\n");
  EXPECT_EQ(load_dataset("small", folder.path(), Split::train)->groups, (std::vector<int>{0, 1}));
  EXPECT_TRUE(load_dataset("small", folder.path(), Split::test)->groups.empty());
  folder.write("train-index.csv", "class,track\n1,0\n3,0\n");
  EXPECT_TRUE(
      contains(dataset_error(folder.path(), Split::train), "train-index.csv, line 3: class 3"));
  folder.write("train-index.csv", "class,track\n1,0\n");
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "1 rows for 2 images"));
  folder.write("train-index.csv", "class,frame\n1,0\n4,0\n");
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "no column track"));
}

TEST(Dataset, WrongFoldersAreSentences) {
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(dataset_error(folder.path() / "no", Split::train), "does not exist"));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::test), "holds no dataset: expected"));
  folder.write("train-images-idx3-ubyte", format_idx({{2, 2, 3}, Bytes(12)}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::test),
                       "no file named test-images-* or t10k-images-*"));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "no file named train-labels-*"));
  write_small(folder);
  folder.write("train-labels-idx1-ubyte", format_idx({{3}, {0, 0, 0}}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "3 labels for 2 images"));
  folder.write("train-labels-idx1-ubyte", format_idx({{2}, {0, 10}}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train, "mnist"),
                       "label 10 for image 1, but mnist has 10 classes"));
  folder.write("train-images-idx3-ubyte", format_idx({{2, 6}, Bytes(12)}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "shape 2×6; images are"));
  folder.write("train-images-idx3-ubyte", format_idx({{1, 2, 3, 2}, Bytes(12)}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "2 channels"));
  folder.write("train-images-idx3-ubyte", format_idx({{0, 2, 3}, {}}));
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "holds no images"));
  folder.write("train-images-idx3-ubyte", "junk");
  EXPECT_TRUE(contains(dataset_error(folder.path(), Split::train), "not an IDX file"));
}

TEST(Dataset, FoldersAreLookedForInOrder) {
  const TemporaryFolder folder;
  folder.write("small/train-images-a", format_idx({{1, 1, 1}, {0}}));
  const fs::path small = folder.path() / "small";
  EXPECT_EQ(*find_dataset_folder("small", small.string()), small);
  EXPECT_EQ(*find_dataset_folder("small", folder.path().string()), small);
  {
    const Environment environment("SIGNFLIP_DATA", folder.path().c_str());
    EXPECT_EQ(*find_dataset_folder("small", ""), small);
    const std::string message = find_dataset_folder("other", "").error().message;
    EXPECT_TRUE(
        contains(message, "$SIGNFLIP_DATA/other (" + (folder.path() / "other").string() + ")"));
    EXPECT_TRUE(contains(message, "./data/other"));
  }
  const Environment environment("SIGNFLIP_DATA", nullptr);
  EXPECT_FALSE(contains(find_dataset_folder("other", "").error().message, "SIGNFLIP_DATA"));
  EXPECT_TRUE(contains(find_dataset_folder("other", "/nowhere").error().message, "/nowhere"));
}

TEST(Dataset, KnowsTheClassNames) {
  EXPECT_EQ(known_class_names("gtsrb", 43)[14], "Stop");
  EXPECT_EQ(known_class_names("fashion-mnist", 10)[9], "Ankle boot");
  EXPECT_EQ(known_class_names("mnist", 10)[7], "7");
  EXPECT_EQ(known_class_names("gtsrb", 2), (std::vector<std::string>{"0", "1"}));
  for (const std::string& name : known_class_names("gtsrb", 43)) EXPECT_FALSE(name.empty());
}

TEST(Dataset, LoadsMnist) {
  SIGNFLIP_NEEDS_DATA(folder, "mnist");
  const auto train = load_dataset("mnist", folder, Split::train);
  ASSERT_TRUE(train) << train.error().message;
  EXPECT_EQ(train->count(), 60000U);
  EXPECT_EQ(train->image, (ImageShape{28, 28, 1}));
  EXPECT_EQ(train->labels[0], 5);
  EXPECT_EQ(train->files[0].md5, "6bbc9ace898e44ae57da46a324031adb");
  EXPECT_EQ(train->files[1].md5, "a25bea736e30d166cdddb491f175f624");
  double sum = 0;
  for (const std::uint8_t pixel : train->pixels) sum += pixel;
  EXPECT_NEAR(sum / 255 / static_cast<double>(train->pixels.size()), 0.1307, 0.0001);

  const auto test = load_dataset("mnist", folder, Split::test);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->count(), 10000U);
  EXPECT_EQ(test->files[0].md5, "2646ac647ad5339dbf082846283269ea");
  EXPECT_EQ(test->files[1].md5, "27ae3e4e09519cfbb04c329615203637");
}

TEST(Dataset, LoadsGtsrb) {
  SIGNFLIP_NEEDS_DATA(folder, "gtsrb");
  const auto test = load_dataset("gtsrb", folder, Split::test);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->count(), 12630U);
  EXPECT_EQ(test->image, (ImageShape{32, 32, 3}));
  EXPECT_EQ(test->classes, 43);
  EXPECT_EQ(test->labels[0], 16);
  EXPECT_EQ(test->files[0].md5, "f91b62ee74049989a0ec08887dee8c95");
  EXPECT_EQ(test->files[1].md5, "a1e3120404c47bcdfc0b483c9a853331");
}

TEST(Dataset, WhatIsOddAboutImagesAndLabelsIsSaid) {
  const auto remark = [](std::uint8_t low, std::uint8_t high, std::vector<int> labels) {
    const TemporaryFolder folder;
    std::vector<std::uint8_t> pixels(4 * labels.size(), low);
    pixels.back() = high;
    std::string values = "label,a,b,c,d\n";
    for (std::size_t n = 0; n < labels.size(); ++n) {
      values += std::to_string(labels[n]);
      for (std::size_t i = 0; i < 4; ++i) values += "," + std::to_string(pixels[4 * n + i]);
      values += "\n";
    }
    folder.write("train.csv", values);
    return test::loaded("own", folder.path(), Split::train).remark;
  };
  EXPECT_EQ(remark(0, 200, {0, 1, 2}), "");
  EXPECT_EQ(remark(0, 16, {0, 1}), "");
  EXPECT_EQ(remark(0, 1, {0, 1}),
            "the brightest pixel of all images is 1 of 255: they are all but black");
  EXPECT_EQ(remark(255, 255, {0, 1}),
            "the darkest pixel of all images is 255 of 255: they are all but white");
  EXPECT_EQ(remark(0, 200, {1, 2, 3}),
            "no training image is of class 0, of 4: do the labels begin at 1?");
  EXPECT_EQ(remark(0, 200, {0, 7}),
            "no training image is of class 1, 2, 3, 4 and 5 or of 1 more, of 8");
}

TEST(ClassNames, AModelMustMeanTheDatasetsClasses) {
  Dataset digits;
  digits.name = "mnist";
  digits.class_names = known_class_names("mnist", 10);
  std::vector<std::string> names = digits.class_names;
  EXPECT_TRUE(check_same_classes("the model", names, digits));
  std::swap(names[3], names[8]);
  const Status swapped = check_same_classes("the model", names, digits);
  ASSERT_FALSE(swapped);
  EXPECT_EQ(
      swapped.error().message.find("class 3 of the model is \"8\", but that of mnist is \"3\""), 0U)
      << swapped.error().message;
  names.pop_back();
  EXPECT_FALSE(check_same_classes("the model", names, digits));

  Dataset signs;
  signs.name = "gtsrb";
  signs.class_names = known_class_names("gtsrb", 43);
  EXPECT_TRUE(check_same_classes("the model", known_class_names("", 43), signs))
      << "nobody named the model's classes";
  std::vector<std::string> others = signs.class_names;
  others[0] = "Tempo 20";
  EXPECT_FALSE(check_same_classes("the model", others, signs));
  signs.class_names = known_class_names("", 43);
  EXPECT_TRUE(check_same_classes("the model", others, signs)) << "nor those of the dataset";
  EXPECT_EQ(matched_by_position("the model", others, signs),
            "the classes of gtsrb have numbers for names: 0 is taken for \"Tempo 20\", 1 is taken "
            "for \"Speed limit 30 km/h\", 2 is taken for \"Speed limit 50 km/h\", and so on");
  EXPECT_EQ(matched_by_position("the model", signs.class_names, signs), "");
  digits.class_names[0] = "zero";
  names = known_class_names("mnist", 10);
  EXPECT_EQ(matched_by_position("the model", names, digits)
                .find("the classes of the model have numbers for names: 0 is taken for \"zero\""),
            0U);
}

}  // namespace
}  // namespace signflip
