// Tests of whole-file reading and writing, and of checksums.
#include "data/file.h"

#include <sys/stat.h>

#include "data/gzip.h"
#include "support/files.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::bytes_of;
using test::contains;
using test::TemporaryFolder;

TEST(File, KnowsTheStandardChecksums) {
  EXPECT_EQ(md5_hex({}), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_hex(bytes_of("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(sha256_hex(bytes_of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(File, RoundTripsAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.bin";
  for (const std::size_t size : {0U, 5U, 200000U}) {
    const Bytes bytes(size, 7);
    ASSERT_TRUE(write_file_atomically(path, bytes));
    const auto again = read_file(path);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, bytes);
    EXPECT_EQ(folder.size(), 1U);
  }
}

TEST(File, SaysWhyItCannotRead) {
  const TemporaryFolder folder;
  const fs::path missing = folder.path() / "none";
  EXPECT_EQ(read_file(missing).error().message,
            "cannot read " + missing.string() + ": No such file or directory");
  EXPECT_TRUE(contains(read_file(folder.path()).error().message, "Is a directory"));
}

TEST(File, SaysWhyItCannotWrite) {
  const TemporaryFolder folder;
  const Status into_nowhere = write_file_atomically(folder.path() / "no" / "file", {});
  ASSERT_FALSE(into_nowhere);
  EXPECT_TRUE(contains(into_nowhere.error().message, "No such file or directory"));
  const Status over_folder = write_file_atomically(folder.path(), {});
  ASSERT_FALSE(over_folder);
  EXPECT_TRUE(contains(over_folder.error().message, "it is a folder"));
}

TEST(File, WritesThroughALinkAndIntoADevice) {
  const TemporaryFolder folder;
  const fs::path real = folder.write("real", "old");
  fs::create_symlink(real, folder.path() / "link");
  ASSERT_TRUE(write_file_atomically(folder.path() / "link", bytes_of("new")));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(*read_file(real), bytes_of("new"));
  EXPECT_TRUE(write_file_atomically("/dev/null", bytes_of("gone")));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(File, AFullDiskIsASentence) {
  const Status status = write_file_atomically("/dev/full", bytes_of("x"));
  ASSERT_FALSE(status);
  EXPECT_TRUE(contains(status.error().message, "No space left"));
}

TEST(File, UnpacksByContentAndNotByName) {
  const TemporaryFolder folder;
  const Bytes plain = bytes_of("plain text");
  EXPECT_EQ(*read_maybe_gzip(folder.write("plain.gz", plain)), plain);
  EXPECT_EQ(*read_maybe_gzip(folder.write("packed", gzip(plain))), plain);
  Bytes cut = gzip(plain);
  cut.resize(cut.size() - 3);
  const auto result = read_maybe_gzip(folder.write("cut.gz", cut));
  ASSERT_FALSE(result);
  EXPECT_TRUE(contains(result.error().message, "cut.gz is truncated"));
}

}  // namespace
}  // namespace signflip
