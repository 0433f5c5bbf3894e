// Tests of GTSRB's official folders: small ones made here, and the 430 real pictures of the sample.
#include "data/gtsrb.h"

#include <algorithm>
#include <map>

#include "data/csv.h"
#include "data/gtsrb_index.h"
#include "data/idx.h"
#include "support/files.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::contains;
using test::TemporaryFolder;

constexpr const char* kHeader = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n";

/// A 4×4 picture of one colour inside and black around it.
std::string picture(char inside) {
  std::string ppm = "P6\r\n4 4\r\n255\r\n";
  for (int i = 0; i < 16; ++i) {
    const bool in = i / 4 % 3 != 0 && i % 4 % 3 != 0;
    ppm.append(3, in ? inside : '\0');
  }
  return ppm;
}

/// Classes 0 and 2 with one track each, rows out of order, and one test picture.
void write_official(const TemporaryFolder& folder) {
  const std::string train = "Final_Training/Images/";
  folder.write(train + "00002/00000_00000.ppm", picture('C'));
  folder.write(train + "00002/GT-00002.csv",
               kHeader + std::string("00000_00000.ppm;4;4;1;1;3;3;2\r\n"));
  folder.write(train + "00000/00000_00001.ppm", picture('B'));
  folder.write(train + "00000/00000_00000.ppm", picture('A'));
  folder.write(
      train + "00000/GT-00000.csv",
      kHeader + std::string("00000_00001.ppm;4;4;1;1;3;3;0\r\n00000_00000.ppm;4;4;1;1;3;3;0\r\n"));
  folder.write("Final_Test/Images/00000.ppm", picture('T'));
  folder.write("GT-final_test.csv", kHeader + std::string("00000.ppm;4;4;1;1;3;3;42\r\n"));
}

std::string load_error(const fs::path& folder, Split split = Split::train) {
  const auto result = load_gtsrb(folder, split, {});
  return result ? "no error" : result.error().message;
}

TEST(Gtsrb, LoadsInOrderAndCrops) {
  const TemporaryFolder folder;
  write_official(folder);
  const auto whole = load_gtsrb(folder.path(), Split::train, {4, GtsrbCrop::none});
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->labels, (std::vector<int>{0, 0, 2}));
  EXPECT_EQ(whole->groups, (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(whole->pixels[0], 0);
  EXPECT_EQ(whole->pixels[15], 'A');
  EXPECT_EQ(whole->files.size(), 2U);

  const auto cropped = load_gtsrb(folder.path(), Split::train, {2, GtsrbCrop::roi});
  ASSERT_TRUE(cropped) << cropped.error().message;
  EXPECT_EQ(cropped->pixels, bytes_of("AAAAAAAAAAAABBBBBBBBBBBBCCCCCCCCCCCC"));

  const auto test = load_dataset("gtsrb", folder.path(), Split::test);
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->labels, (std::vector<int>{42}));
  EXPECT_EQ(test->image, (ImageShape{32, 32, 3}));
}

TEST(Gtsrb, FindsTheRootFromNearby) {
  const TemporaryFolder folder;
  folder.write("GTSRB/Final_Training/Images/00000/GT-00000.csv", kHeader);
  const fs::path root = fs::canonical(folder.path() / "GTSRB");
  for (const fs::path& start : {folder.path(), root, root / "Final_Training",
                                root / "Final_Training" / "Images", root / "Final_Training" / ""}) {
    const auto found = find_gtsrb_root(start);
    ASSERT_TRUE(found) << start;
    EXPECT_TRUE(fs::equivalent(*found, root)) << start;
  }
  EXPECT_FALSE(find_gtsrb_root(root / "Final_Training" / "Images" / "00000"));
  EXPECT_FALSE(find_gtsrb_root(folder.path() / "none"));
}

TEST(Gtsrb, MistakesAreSentencesWithFileAndLine) {
  const TemporaryFolder folder;
  write_official(folder);
  const std::string table = "Final_Training/Images/00002/GT-00002.csv";
  const auto with_row = [&](const std::string& row) {
    folder.write(table, kHeader + row);
    return load_error(folder.path());
  };
  EXPECT_EQ(with_row("00000_00000.ppm;4;4;1;1;3;3;2"), "no error");
  const std::string place = "GT-00002.csv, line 2: ";
  EXPECT_TRUE(contains(with_row("00000_00009.ppm;4;4;1;1;3;3;2"), place + "the picture"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;4;1;1;3;3"), place + "7 fields"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;x;1;1;3;3;2"), place + "Height is \"x\""));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;4;1;1;3;3;43"), place + "class 43 is unknown"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;4;1;1;3;3;7"),
                       place + "class 7 in the folder of class 2"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;4;3;1;3;3;2"), place + "the sign's box"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;4;4;1;1;5;3;2"), place + "the sign's box"));
  EXPECT_TRUE(contains(with_row("00000_00000.ppm;5;4;1;1;3;3;2"), "but the picture has 4×4"));
  EXPECT_TRUE(
      contains(with_row("../00000/00000_00000.ppm;4;4;1;1;3;3;2"), "not the name of a picture"));
  EXPECT_TRUE(contains(with_row(";4;4;1;1;3;3;2"), "not the name of a picture"));
  EXPECT_TRUE(
      contains(with_row("deep/00000_00000.ppm;4;4;1;1;3;3;2"), "not the name of a picture"));
  // The system would read the file that is there.
  EXPECT_TRUE(contains(with_row(std::string("00000_00000.ppm") + '\0' + ";4;4;1;1;3;3;2"),
                       "not the name of a picture"));
  folder.write("Final_Training/Images/00002/x.ppm", picture('x'));
  EXPECT_TRUE(contains(with_row("x.ppm;4;4;1;1;3;3;2"), "not named TRACK_FRAME.ppm"));
  for (const std::string name : {"00000_0x.ppm", "0x_00000.ppm", "_00000.ppm", "00000_.ppm"}) {
    folder.write("Final_Training/Images/00002/" + name, picture('x'));
    EXPECT_TRUE(contains(with_row(name + ";4;4;1;1;3;3;2"), "not named TRACK_FRAME.ppm")) << name;
  }
  EXPECT_EQ(with_row("00000_00000.ppm;4;4;1;1;3;3;2"), "no error");
  folder.write("Final_Training/Images/00002/00000_00000.ppm", picture('C').substr(0, 30));
  EXPECT_TRUE(contains(load_error(folder.path()), "is truncated"));
  fs::remove(folder.path() / table);
  EXPECT_TRUE(contains(load_error(folder.path()), "cannot read"));
  fs::remove_all((folder.path() / table).parent_path());
  fs::remove(folder.path() / "GT-final_test.csv");
  EXPECT_TRUE(contains(load_error(folder.path(), Split::test), "GTSRB_Final_Test_GT.zip"));
  EXPECT_TRUE(contains(load_error(folder.path() / "none"), "is not GTSRB's official folder"));
  fs::create_directories(folder.path() / "Final_Training/Images/00043");
  EXPECT_TRUE(contains(load_error(folder.path()), "unknown class"));
}

TEST(Gtsrb, ImportsBothSplits) {
  const TemporaryFolder folder;
  write_official(folder);
  const TemporaryFolder out;
  const fs::path destination = out.path() / "deep" / "gtsrb";
  std::size_t last = 0;
  const auto status = import_gtsrb(folder.path(), destination, 8, GtsrbCrop::none,
                                   [&](std::size_t done, std::size_t total) {
                                     EXPECT_EQ(total, 4U);
                                     EXPECT_EQ(done, last + 1);
                                     last = done;
                                     return true;
                                   });
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(last, 4U);
  EXPECT_EQ(*read_file(destination / "train-index.csv"),
            bytes_of("class,track,frame,width,height,roi_x1,roi_y1,roi_x2,roi_y2\n"
                     "0,0,0,4,4,1,1,3,3\n0,0,1,4,4,1,1,3,3\n2,0,0,4,4,1,1,3,3\n"));
  EXPECT_EQ(*read_file(destination / "test-index.csv"),
            bytes_of("class,file,width,height,roi_x1,roi_y1,roi_x2,roi_y2\n"
                     "42,00000.ppm,4,4,1,1,3,3\n"));
  for (const Split split : {Split::train, Split::test}) {
    const auto imported = load_dataset("gtsrb", destination, split);
    ASSERT_TRUE(imported) << imported.error().message;
    const auto direct = load_gtsrb(folder.path(), split, {8, GtsrbCrop::none});
    ASSERT_TRUE(direct) << direct.error().message;
    EXPECT_EQ(imported->pixels, direct->pixels);
    EXPECT_EQ(imported->labels, direct->labels);
    EXPECT_EQ(imported->groups, direct->groups);
  }
  const auto again = import_gtsrb(folder.path(), destination, 8, GtsrbCrop::none, {});
  ASSERT_FALSE(again);
  EXPECT_TRUE(contains(again.error().message, "is not empty"));
}

TEST(Gtsrb, AFailedImportLeavesNothing) {
  const TemporaryFolder folder;
  write_official(folder);
  const TemporaryFolder out;
  const auto import = [&](int size, const Progress& progress) {
    return import_gtsrb(folder.path(), out.path() / "gtsrb", size, GtsrbCrop::none, progress);
  };
  EXPECT_FALSE(import(0, {}));
  EXPECT_FALSE(import(1000, {}));
  EXPECT_FALSE(import(8, [](std::size_t done, std::size_t) { return done < 4; }));
  folder.write("Final_Test/Images/00000.ppm", "P6 4 4 255\n");
  EXPECT_FALSE(import(8, {}));
  fs::remove(folder.path() / "Final_Test/Images/00000.ppm");
  EXPECT_FALSE(import(8, {}));
  EXPECT_EQ(out.size(), 0U);
}

/// The sample's pictures are among those of the full dataset, which OpenCV resized: ours must agree
/// in every byte. This also pins how headers with \r\n are read.
TEST(Gtsrb, TheOfficialSampleImportsAsTheFullDatasetHasIt) {
  SIGNFLIP_NEEDS_DATA(sample, "gtsrb-official-sample");
  SIGNFLIP_NEEDS_DATA(full_folder, "gtsrb");
  const TemporaryFolder out;
  const auto status = import_gtsrb(sample, out.path() / "gtsrb", 32, GtsrbCrop::none, {});
  ASSERT_TRUE(status) << status.error().message;
  const auto imported = load_dataset("gtsrb", out.path() / "gtsrb", Split::train);
  ASSERT_TRUE(imported) << imported.error().message;
  ASSERT_EQ(imported->count(), 430U);

  const auto full = load_dataset("gtsrb", full_folder, Split::train);
  ASSERT_TRUE(full) << full.error().message;
  const auto full_index = read_csv(full_folder / "train-index.csv", ',');
  ASSERT_TRUE(full_index) << full_index.error().message;
  std::map<std::vector<std::string>, std::size_t> position;
  for (std::size_t i = 0; i < full_index->rows.size(); ++i) position[full_index->rows[i]] = i;

  const auto index = read_csv(out.path() / "gtsrb" / "train-index.csv", ',');
  ASSERT_TRUE(index) << index.error().message;
  const auto size = static_cast<std::ptrdiff_t>(full->image.size());
  for (std::size_t i = 0; i < index->rows.size(); ++i) {
    const auto found = position.find(index->rows[i]);
    ASSERT_NE(found, position.end()) << index->place(i);
    const auto ours = imported->pixels.begin() + static_cast<std::ptrdiff_t>(i) * size;
    const auto theirs = full->pixels.begin() + static_cast<std::ptrdiff_t>(found->second) * size;
    EXPECT_TRUE(std::equal(ours, ours + size, theirs)) << index->place(i);
  }
}

}  // namespace
}  // namespace signflip
