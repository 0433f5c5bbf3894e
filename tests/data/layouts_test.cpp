// Every layout in which datasets lie on disk, as a made-up miniature, and what each refuses.
#include <gtest/gtest.h>

#include <limits>

#include "data/gzip.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/layouts/layout.h"
#include "data/layouts/zip.h"
#include "data/npy.h"
#include "support/arrays.h"
#include "support/datasets.h"
#include "support/files.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::bytes_of;
using test::contains;
using test::loaded;
using test::npy;
using test::refusal;
using test::TemporaryFolder;
using test::zip;

/// Two grey pictures of 2×3, labels 1 and 0.
const Bytes kPixels = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
Bytes images_idx() { return format_idx({{2, 2, 3}, kPixels}); }
Bytes labels_idx() { return format_idx({{2}, {1, 0}}); }

void expect_small(const Dataset& dataset) {
  EXPECT_EQ(dataset.pixels, kPixels);
  EXPECT_EQ(dataset.image, (ImageShape{2, 3, 1}));
  EXPECT_EQ(dataset.labels, (std::vector<int>{1, 0}));
  EXPECT_EQ(dataset.classes, 2);
  EXPECT_FALSE(dataset.files.empty());
}

TEST(Layouts, MnistsFormatUnderAllItsNames) {
  const std::pair<const char*, const char*> names[] = {
      {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
      {"train-images.idx3-ubyte", "train-labels.idx1-ubyte"},
      {"train-images-idx3-ubyte/train-images-idx3-ubyte",
       "train-labels-idx1-ubyte/train-labels-idx1-ubyte"},
      {"raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte"},
      {"MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte"},
      {"other-letters-train-images-idx3-ubyte", "other-letters-train-labels-idx1-ubyte"}};
  for (const auto& [images, labels] : names) {
    SCOPED_TRACE(images);
    for (const bool packed : {false, true}) {
      const TemporaryFolder folder;
      const std::string ending = packed ? ".gz" : "";
      folder.write(images + ending, packed ? gzip(images_idx()) : images_idx());
      folder.write(labels + ending, packed ? gzip(labels_idx()) : labels_idx());
      expect_small(loaded("small", folder.path(), Split::train));
      EXPECT_EQ(*find_dataset_folder("small", folder.path().string()), folder.path());
      EXPECT_TRUE(contains(refusal("small", folder.path(), Split::test), "test-images-*"));
    }
  }
  const TemporaryFolder folder;
  for (const char* word : {"t10k", "test"}) {
    folder.write(std::string(word) + "/" + word + "-images-idx3-ubyte", images_idx());
    folder.write(std::string(word) + "/" + word + "-labels-idx1-ubyte", labels_idx());
    expect_small(loaded("small", folder.path() / word, Split::test));
  }
}

TEST(Layouts, OfSeveralFamiliesTheNameDecides) {
  const TemporaryFolder folder;
  for (const char* family : {"emnist-letters-", "emnist-digits-"}) {
    folder.write(std::string(family) + "train-images-idx3-ubyte", images_idx());
  }
  folder.write("emnist-digits-train-labels-idx1-ubyte", labels_idx());
  folder.write("emnist-letters-train-labels-idx1-ubyte", format_idx({{2}, {3, 4}}));
  EXPECT_EQ(loaded("emnist-letters", folder.path(), Split::train).labels[0], 2);
  EXPECT_EQ(loaded("emnist-digits", folder.path(), Split::train).labels[0], 1);
  EXPECT_TRUE(contains(refusal("digits", folder.path()),
                       "several datasets (emnist-digits, emnist-letters), and none of them is "
                       "called digits"));
  folder.write("A/FashionMNIST/raw/train-images-idx3-ubyte", images_idx());
  folder.write("A/FashionMNIST/raw/train-labels-idx1-ubyte", labels_idx());
  folder.write("A/MNIST/raw/train-images-idx3-ubyte", format_idx({{1, 1, 1}, {9}}));
  EXPECT_EQ(loaded("fashion-mnist", folder.path() / "A", Split::train).pixels, kPixels);
}

TEST(Layouts, EmnistIsTurnedUprightAndHasItsClasses) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& part, std::uint8_t first, std::uint8_t second) {
    folder.write(part + "/emnist-" + part + "-train-images-idx3-ubyte", images_idx());
    folder.write(part + "/emnist-" + part + "-train-labels-idx1-ubyte",
                 format_idx({{2}, {first, second}}));
  };
  write("letters", 1, 26);
  const Dataset letters = loaded("emnist-letters", folder.path() / "letters", Split::train);
  EXPECT_EQ(letters.image, (ImageShape{3, 2, 1}));
  EXPECT_EQ(letters.pixels, (Bytes{1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16}));
  EXPECT_EQ(letters.labels, (std::vector<int>{0, 25}));
  EXPECT_EQ(letters.class_names.front() + letters.class_names.back(), "AZ");
  EXPECT_TRUE(contains(letters.remark, "turned upright")) << letters.remark;
  EXPECT_TRUE(contains(letters.remark, "1 to 26")) << letters.remark;
  // The files say what they are, whatever the dataset is called.
  write("balanced", 0, 46);
  const Dataset balanced = loaded("mine", folder.path() / "balanced", Split::train);
  ASSERT_EQ(balanced.classes, 47);
  EXPECT_EQ(balanced.class_names[10] + balanced.class_names[46], "At");
  write("byclass", 0, 61);
  EXPECT_EQ(loaded("EMNIST_ByClass", folder.path() / "byclass", Split::train).class_names[61], "z");
  write("mnist", 0, 9);
  EXPECT_EQ(loaded("emnist-mnist", folder.path() / "mnist", Split::train).class_names[9], "9");
}

TEST(Layouts, KnownDatasetsHaveTheirClassesUnderAnySpelling) {
  for (const char* name : {"fashion-mnist", "FashionMNIST", "fashion_mnist", "Fashion"}) {
    EXPECT_EQ(known_class_names(name, 10)[9], "Ankle boot") << name;
  }
  EXPECT_EQ(known_class_names("KMNIST", 10)[3], "tsu");
  EXPECT_EQ(known_class_names("EMNIST-Letters", 26)[2], "C");
  EXPECT_EQ(known_class_names("emnist-bymerge", 47)[37], "b");
  EXPECT_EQ(known_class_names("other", 3)[2], "2");
}

TEST(Layouts, KnownDatasetsHaveTheirImages) {
  for (const char* name : {"MNIST", "fashion-mnist", "KMNIST", "emnist-letters"}) {
    EXPECT_EQ(layouts::known_shape(name), (ImageShape{28, 28, 1})) << name;
  }
  for (const char* name : {"GTSRB", "cifar-10", "CIFAR100"}) {
    EXPECT_EQ(layouts::known_shape(name), (ImageShape{32, 32, 3})) << name;
  }
  EXPECT_EQ(layouts::known_shape("other"), std::nullopt);
}

TEST(Layouts, FloatsBecomeBytes) {
  const auto floats = [](std::vector<float> values) {
    return format_npy(std::span<const float>(values), {2, 1, 2});
  };
  const TemporaryFolder folder;
  folder.write("y_train.npy", npy({2}, {1, 0}));
  folder.write("x_train.npy", floats({0.0F, 1.0F, 17.0F / 255.0F, 254.0F / 255.0F}));
  const Dataset exact = loaded("small", folder.path(), Split::train);
  EXPECT_EQ(exact.pixels, (Bytes{0, 255, 17, 254}));
  EXPECT_EQ(exact.remark, "");
  folder.write("x_train.npy", floats({0.0F, 1.0F, 0.5F, 0.25F}));
  const Dataset rounded = loaded("small", folder.path(), Split::train);
  EXPECT_EQ(rounded.pixels, (Bytes{0, 255, 128, 64}));
  EXPECT_TRUE(contains(rounded.remark, "2 of 4 pixels were rounded")) << rounded.remark;
  for (const float wrong : {17.0F, -0.1F, std::numeric_limits<float>::quiet_NaN()}) {
    folder.write("x_train.npy", floats({0.0F, 1.0F, wrong, 0.0F}));
    EXPECT_TRUE(contains(refusal("small", folder.path()), "expected values in [0,1]"));
  }
}

TEST(Layouts, ArraysInAnArchiveOrInAFolder) {
  const std::pair<std::string, std::string> names[] = {
      {"train_images", "train_labels"}, {"x_train", "y_train"}, {"X_train", "y_train"}};
  for (const auto& [images, labels] : names) {
    SCOPED_TRACE(images);
    const std::vector<std::pair<std::string, Bytes>> files = {
        {images + ".npy", npy({2, 2, 3}, kPixels)}, {labels + ".npy", npy({2, 1}, {1, 0})}};
    for (const bool deflated : {false, true}) {
      const TemporaryFolder folder;
      const fs::path archive = folder.write("small.npz", zip(files, deflated));
      expect_small(loaded("small", archive, Split::train));
      expect_small(loaded("small", folder.path(), Split::train));
      EXPECT_EQ(*find_dataset_folder("small", archive.string()), archive);
      EXPECT_TRUE(contains(refusal("small", archive, Split::test), "has no test_images"));
    }
    const TemporaryFolder folder;
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    expect_small(loaded("small", folder.path(), Split::train));
  }
  const TemporaryFolder folder;
  folder.write("test-images.npy", npy({2, 2, 3}, kPixels));
  folder.write("test-labels.npy", npy({2}, {1, 0}));
  expect_small(loaded("small", folder.path(), Split::test));
}

TEST(Layouts, ArraysThatDoNotFitAreRefused) {
  const TemporaryFolder folder;
  const auto archive = [&](const Bytes& images, const Bytes& labels) {
    return refusal(
        "small",
        folder.write("small.npz",
                     zip({{"train_images.npy", images}, {"train_labels.npy", labels}}, true)));
  };
  const Bytes images = npy({2, 2, 3}, kPixels), labels = npy({2}, {1, 0});
  EXPECT_EQ(archive(images, labels), "no error");
  EXPECT_TRUE(contains(archive(npy({2, 3, 2}, kPixels), npy({3}, {1, 0, 0})),
                       "small.npz, train_labels has 3 labels for 2 images"));
  EXPECT_TRUE(
      contains(archive(images, npy({2, 2}, {1, 0, 1, 1})), "several labels for each image"));
  EXPECT_TRUE(contains(archive(npy({2, 3, 1, 2}, kPixels), labels),
                       "2 channels; 1 (grey) or 3 (colour) are read, last of all"));
  EXPECT_TRUE(contains(archive(format_npy(std::vector<std::int32_t>(12), {2, 2, 3}), labels),
                       "type <i4; pixels are unsigned bytes"));
  EXPECT_TRUE(contains(archive(bytes_of("junk"), labels), "is not an .npy file"));
  const Bytes good = zip({{"train_images.npy", images}, {"train_labels.npy", labels}}, true);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(contains(refusal("small", folder.write("small.npz", cut)), "small.npz"));
  }
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes damaged = good;
    damaged[at] ^= 0x20;
    refused += refusal("small", folder.write("small.npz", damaged)) != "no error";
  }
  EXPECT_GT(refused, good.size() / 2);
  EXPECT_TRUE(contains(refusal("small", folder.write("small.npz", "junk")), "is not an .npz file"));
}

TEST(Layouts, CifarsBinaryRecords) {
  const auto record = [](const Bytes& labels, std::uint8_t red) {
    Bytes bytes = labels;
    for (int plane = 0; plane < 3; ++plane) {
      bytes.insert(bytes.end(), 1024, static_cast<std::uint8_t>(red + plane));
    }
    return bytes;
  };
  const TemporaryFolder folder;
  for (int batch = 1; batch <= 5; ++batch) {
    folder.write("ten/cifar-10-batches-bin/data_batch_" + std::to_string(batch) + ".bin",
                 record({static_cast<std::uint8_t>(batch)}, static_cast<std::uint8_t>(10 * batch)));
  }
  folder.write("ten/cifar-10-batches-bin/batches.meta.txt",
               "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  const Dataset ten = loaded("cifar-10", folder.path() / "ten", Split::train);
  EXPECT_EQ(ten.labels, (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(ten.image, (ImageShape{32, 32, 3}));
  EXPECT_EQ(Bytes(ten.pixels.begin(), ten.pixels.begin() + 3), (Bytes{10, 11, 12}));
  EXPECT_EQ(ten.class_names.at(9), "truck");
  EXPECT_TRUE(contains(refusal("cifar-10", folder.path() / "ten", Split::test), "no test images"));

  folder.write("hundred/test.bin", record({3, 99}, 7));
  const Dataset hundred = loaded("cifar-100", folder.path() / "hundred", Split::test);
  EXPECT_EQ(hundred.labels, (std::vector<int>{99})) << "the fine label";
  EXPECT_EQ(hundred.classes, 100);
  folder.write("hundred/test.bin", Bytes(100));
  EXPECT_TRUE(contains(refusal("cifar-100", folder.path() / "hundred", Split::test),
                       "100 bytes, which is not a number of records of 3074"));
}

Bytes png(int width, int height, std::uint8_t value, int channels = 1) {
  const auto size = static_cast<std::size_t>(width * height * channels);
  return encode_png({width, height, channels, Bytes(size, value)});
}

/// A dark upright stroke on light paper.
Bytes stroke_png(int side) {
  Picture picture{side, side, 3, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const bool ink = x > side * 2 / 5 && x < side * 3 / 5 && y > side / 8 && y < side * 7 / 8;
      picture.pixels.insert(picture.pixels.end(), 3, ink ? 30 : 210);
    }
  }
  return encode_png(picture);
}

TEST(Layouts, FoldersOfClassFolders) {
  const TemporaryFolder folder;
  folder.write("pets/train/dog/b.png", png(3, 2, 40));
  folder.write("pets/train/dog/a.PNG", png(3, 2, 30));
  folder.write("pets/train/cat/x.png", png(3, 2, 10));
  folder.write("pets/train/cat/notes.txt", "no picture");
  folder.write("pets/train/.hidden/x.png", png(1, 1, 1));
  folder.write("pets/val/cat/y.png", png(3, 2, 50));
  folder.write("pets/val/dog/y.png", png(3, 2, 60));
  const fs::path pets = folder.path() / "pets";
  const Dataset train = loaded("pets", pets, Split::train);
  EXPECT_EQ(train.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(train.labels, (std::vector<int>{0, 1, 1}));
  EXPECT_EQ(train.image, (ImageShape{2, 3, 1}));
  EXPECT_EQ(train.pixels[6], 30);
  EXPECT_EQ(loaded("pets", pets, Split::test).pixels[6], 60);
  EXPECT_FALSE(train.undivided);
  const Dataset alone = loaded("pets", pets / "val", Split::test);
  EXPECT_EQ(alone.labels, (std::vector<int>{0, 1}));
  EXPECT_TRUE(alone.undivided);
  EXPECT_EQ(alone.pixels, loaded("pets", pets / "val", Split::train).pixels);

  folder.write("pets/train/dog/c.png", png(3, 2, 70, 3));
  EXPECT_EQ(loaded("pets", pets, Split::train).image, (ImageShape{2, 3, 3}));
  folder.write("pets/train/dog/c.png", png(4, 2, 70));
  EXPECT_TRUE(contains(refusal("pets", pets), "c.png is 4×2 pixels, but"));
  EXPECT_TRUE(contains(refusal("pets", pets), "--size 32"));
  const auto resized =
      load_dataset("pets", pets, Split::train, PictureSize{.height = 2, .width = 2});
  ASSERT_TRUE(resized) << resized.error().message;
  EXPECT_EQ(resized->image, (ImageShape{2, 2, 1}));
  EXPECT_EQ(resized->pixels[0], 10);
  EXPECT_TRUE(contains(resized->remark, "4 of 4 pictures were changed")) << resized->remark;
  folder.write("pets/train/dog/c.png", "junk");
  EXPECT_TRUE(contains(refusal("pets", pets), "c.png is not a PNG"));
  fs::remove_all(pets / "val");
  EXPECT_TRUE(contains(refusal("pets", pets, Split::test), "has no test images"));
}

TEST(Layouts, PicturesThatAreNotReadAreSaid) {
  const TemporaryFolder folder;
  for (const char* name : {"cat/a.png", "cat/b.png", "dog/a.png"}) {
    folder.write(std::string("pets/") + name, png(3, 2, 99));
  }
  folder.write("pets/cat/c.tif", "II*");
  folder.write("pets/cat/d.WEBP", "RIFF");
  folder.write("pets/cat/notes.txt", "no picture");
  const fs::path pets = folder.path() / "pets";
  const Dataset dataset = loaded("pets", pets, Split::train);
  EXPECT_EQ(dataset.count(), 3U);
  EXPECT_TRUE(contains(dataset.remark, "2 pictures are not read, such as ")) << dataset.remark;
  EXPECT_TRUE(contains(dataset.remark, "c.tif: expected PNG, JPEG, BMP or PPM")) << dataset.remark;
  folder.write("pets/owl/a.tif", "II*");
  EXPECT_TRUE(contains(refusal("pets", pets), "owl no picture is read (a.tif)"))
      << "a class would be lost";
}

TEST(Layouts, NumberedClassFoldersAreInTheOrderOfTheirNumbers) {
  const TemporaryFolder folder;
  for (int k = 0; k < 11; ++k) {
    folder.write("plain/" + std::to_string(k) + "/x.png", png(2, 2, static_cast<std::uint8_t>(k)));
  }
  const Dataset plain = loaded("plain", folder.path() / "plain", Split::test);
  EXPECT_EQ(plain.pixels[4 * 10], 10);
  EXPECT_EQ(plain.class_names.at(10), "10");
  for (int k = 0; k < 10; ++k) {
    folder.write("mnist/test/" + std::to_string(k) + "/x.png", stroke_png(56));
  }
  const Dataset digits = loaded("mnist", folder.path() / "mnist", Split::test);
  EXPECT_EQ(digits.image, (ImageShape{28, 28, 1})) << "what MNIST's are";
  EXPECT_EQ(digits.pixels.at(0), 0) << "the paper";
  EXPECT_EQ(digits.pixels.at(14 * 28 + 14), 255) << "the ink";
  EXPECT_TRUE(contains(digits.remark, "10 of 10 pictures were changed")) << digits.remark;
  EXPECT_TRUE(contains(digits.remark, "56×56, inverted, its ink cut out")) << digits.remark;
}

/// A 4×4 picture, as PPM.
std::string ppm() { return "P6\n4 4\n255\n" + std::string(48, 'A'); }

TEST(Layouts, GtsrbAsTorchvisionAndKaggleHaveIt) {
  const std::string header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
  const TemporaryFolder vision;
  vision.write("gtsrb/GTSRB/Training/00000/GT-00000.csv",
               header + "00001_00002.ppm;4;4;1;1;3;3;0\n");
  vision.write("gtsrb/GTSRB/Training/00000/00001_00002.ppm", ppm());
  vision.write("gtsrb/GTSRB/Final_Test/Images/00000.ppm", ppm());
  vision.write("gtsrb/GT-final_test.csv", header + "00000.ppm;4;4;1;1;3;3;42\n");
  for (const fs::path& place : {vision.path(), vision.path() / "gtsrb"}) {
    EXPECT_EQ(loaded("gtsrb", place, Split::train).labels, (std::vector<int>{0}));
    const Dataset test = loaded("gtsrb", place, Split::test);
    EXPECT_EQ(test.labels, (std::vector<int>{42}));
    EXPECT_EQ(test.image, (ImageShape{32, 32, 3}));
    EXPECT_EQ(test.class_names.at(14), "Stop");
  }

  const std::string columns = "Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path\n";
  const TemporaryFolder kaggle;
  kaggle.write("Train.csv", columns +
                                "4,4,1,1,3,3,20,Train/20/00020_00003_00001.png\n"
                                "4,4,1,1,3,3,20,Train/20/00020_00003_00000.png\n"
                                "4,4,1,1,3,3,0,Train/0/00000_00004_00012.png\n");
  kaggle.write("Train/20/00020_00003_00000.png", png(4, 4, 9, 3));
  kaggle.write("Train/20/00020_00003_00001.png", png(4, 4, 8, 3));
  kaggle.write("Train/0/00000_00004_00012.png", png(4, 4, 7, 3));
  kaggle.write("Test.csv", columns + "4,4,1,1,3,3,16,Test/00000.png\n");
  kaggle.write("Test/00000.png", png(4, 4, 5, 3));
  const Dataset train = loaded("gtsrb", kaggle.path(), Split::train);
  EXPECT_EQ(train.labels, (std::vector<int>{0, 20, 20}));
  EXPECT_EQ(train.groups, (std::vector<int>{0, 1, 1})) << "tracks stay together";
  EXPECT_EQ(train.pixels[0], 7);
  EXPECT_EQ(train.pixels[32 * 32 * 3], 9);
  EXPECT_EQ(loaded("gtsrb", kaggle.path(), Split::test).labels, (std::vector<int>{16}));
  for (const char* path : {"../secret.png", "/etc/passwd", "Test/../../x.png", "Test/none.png"}) {
    kaggle.write("Test.csv", columns + "4,4,1,1,3,3,16," + path + "\n");
    EXPECT_TRUE(contains(refusal("gtsrb", kaggle.path(), Split::test), "Test.csv, line 2")) << path;
  }
}

}  // namespace
}  // namespace signflip
