// Tests of whole-file reading and writing, and of checksums.
#include "data/file.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>

#include "data/gzip.h"
#include "data/temporary.h"
#include "support/files.h"

namespace {

/// How often the next calls are to fail as a signal or a strange device makes them fail.
std::atomic<int> interrupted_syncs = 0, interrupted_writes = 0, short_writes = 0, empty_writes = 0;

/// Asked at each fsync(): an error number, or 0, and the call is made.
std::function<int(int fd)> at_sync;

bool take(std::atomic<int>& count) {
  int left = count.load();
  while (left > 0 && !count.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

}  // namespace

// In place of the C library's, for the whole program.
extern "C" int fsync(int fd) {
  if (take(interrupted_syncs)) {
    errno = EINTR;
    return -1;
  }
  if (const int error = at_sync ? at_sync(fd) : 0; error != 0) {
    errno = error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" ssize_t write(int fd, const void* data, std::size_t size) {
  if (take(interrupted_writes)) {
    errno = EINTR;
    return -1;
  }
  if (take(empty_writes)) return 0;
  if (size > 7 && take(short_writes)) size = 7;
  return ::syscall(SYS_write, fd, data, size);
}

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

TEST(File, ANameIsNotCutAtANul) {
  const TemporaryFolder folder;
  const fs::path there = folder.path() / "there";
  ASSERT_TRUE(write_file_atomically(there, {}));
  const fs::path longer = there.string() + '\0' + "more";
  EXPECT_TRUE(contains(read_file(longer).error().message, "there is a NUL in it"));
  const Status written = write_file_atomically(longer, {});
  ASSERT_FALSE(written);
  EXPECT_TRUE(contains(written.error().message, "there is a NUL in it"));
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

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

TEST(File, KeepsTheModeOfWhatItReplaces) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", "old");
  for (const unsigned mode : {0600U, 0640U, 0666U, 0755U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    ASSERT_TRUE(write_file_atomically(path, bytes_of("new")));
    EXPECT_EQ(mode_of(path), mode);
  }
  const mode_t mask = ::umask(027);
  ASSERT_TRUE(write_file_atomically(folder.path() / "fresh", bytes_of("new")));
  ::umask(mask);
  EXPECT_EQ(mode_of(folder.path() / "fresh"), 0640U);
}

TEST(File, LeavesReadOnlyFilesAlone) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("kept", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  fs::create_symlink(path, folder.path() / "link");
  for (const fs::path& name : {path, folder.path() / "link"}) {
    const Status status = write_file_atomically(name, bytes_of("new"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "cannot write " + name.string() + ": it is a read-only file");
  }
  EXPECT_EQ(*read_file(path), bytes_of("old"));
  EXPECT_EQ(folder.size(), 2U);
}

TEST(File, FollowsLinksThatLeadToNothingYet) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "deep");
  fs::create_symlink("deep/real", folder.path() / "link");
  fs::create_symlink(folder.path() / "link", folder.path() / "deep" / "back");
  ASSERT_TRUE(write_file_atomically(folder.path() / "deep" / "back", bytes_of("new")));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "deep" / "back"));
  EXPECT_EQ(*read_file(folder.path() / "deep" / "real"), bytes_of("new"));

  fs::create_symlink("nowhere/real", folder.path() / "broken");
  EXPECT_FALSE(write_file_atomically(folder.path() / "broken", bytes_of("new")));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "broken"));
  fs::create_symlink("round", folder.path() / "round");
  const Status round = write_file_atomically(folder.path() / "round", bytes_of("new"));
  ASSERT_FALSE(round);
  EXPECT_TRUE(contains(round.error().message, "Too many levels of symbolic links"));
}

TEST(File, ASignalInTheMiddleLosesNothing) {
  const TemporaryFolder folder;
  const Bytes bytes(1000, 7);
  interrupted_syncs = 3;
  interrupted_writes = 3;
  short_writes = 20;
  const Status status = write_file_atomically(folder.path() / "file", bytes);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  EXPECT_EQ(interrupted_syncs, 0) << "no write without a sync";
  EXPECT_EQ(interrupted_writes + short_writes, 0);
  EXPECT_EQ(*read_file(folder.path() / "file"), bytes);
}

TEST(File, TheBytesReachTheDiskBeforeTheNameAndTheNameWithTheFolder) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  std::vector<std::string> calls;
  at_sync = [&](int fd) {
    struct stat info {};
    EXPECT_EQ(::fstat(fd, &info), 0);
    const auto now = fs::exists(path) ? *read_file(path) : Bytes();
    calls.push_back((S_ISDIR(info.st_mode) ? "folder" : std::to_string(info.st_size) + " bytes") +
                    ", named " + std::string(now.begin(), now.end()));
    return 0;
  };
  EXPECT_TRUE(write_file_atomically(path, bytes_of("old")));
  EXPECT_TRUE(write_file_atomically(path, bytes_of("newer")));
  at_sync = nullptr;
  EXPECT_EQ(calls, (std::vector<std::string>{"3 bytes, named ", "folder, named old",
                                             "5 bytes, named old", "folder, named newer"}));
}

TEST(File, WhatDoesNotReachTheDiskReplacesNothing) {
  const TemporaryFolder folder;
  folder.write("file", "old");
  at_sync = [](int) { return EIO; };
  const Status status = write_file_atomically(folder.path() / "file", bytes_of("new"));
  at_sync = nullptr;
  ASSERT_FALSE(status);
  EXPECT_TRUE(contains(status.error().message, "Input/output error"));
  EXPECT_EQ(*read_file(folder.path() / "file"), bytes_of("old"));
  EXPECT_EQ(folder.size(), 1U);
}

TEST(File, AWriteThatWritesNothingIsAnError) {
  const TemporaryFolder folder;
  folder.write("file", "old");
  empty_writes = 1;
  const Status status = write_file_atomically(folder.path() / "file", bytes_of("new"));
  ASSERT_FALSE(status);
  EXPECT_TRUE(contains(status.error().message, "Input/output error"));
  EXPECT_EQ(*read_file(folder.path() / "file"), bytes_of("old"));
  EXPECT_EQ(folder.size(), 1U);
}

/// What a killed run leaves: made in another process, which ends without clearing up.
void leave_behind(const fs::path& target, Temporary::Kind kind) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto left = Temporary::create(target, kind, 0700);
    if (left && kind == Temporary::Kind::folder) fs::create_directory(left->path() / "part");
    ::_exit(left ? 0 : 1);
  }
  int result = 0;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  ASSERT_EQ(result, 0);
}

TEST(File, LeftoversOfDeadRunsAreCleared) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  // Somebody's own files, two with names as long as a temporary's.
  folder.write(".signflip-mine.tmp", "x");
  folder.write(".signflip-0123456789abcdef.sav", "x");
  folder.write(".netsflip-0123456789abcdef.tmp", "x");
  leave_behind(path, Temporary::Kind::file);
  leave_behind(path, Temporary::Kind::folder);
  EXPECT_EQ(folder.size(), 4U) << "the second run clears what the first left";
  ASSERT_TRUE(write_file_atomically(path, bytes_of("new")));
  EXPECT_EQ(folder.size(), 4U);
  EXPECT_TRUE(fs::exists(folder.path() / ".signflip-mine.tmp"));
}

TEST(File, WhatAnotherRunIsWritingStays) {
  const TemporaryFolder folder;
  auto other = Temporary::create(folder.path() / "other", Temporary::Kind::file, 0666);
  ASSERT_TRUE(other);
  auto others_folder = Temporary::create(folder.path() / "deep", Temporary::Kind::folder, 0777);
  ASSERT_TRUE(others_folder);
  ASSERT_TRUE(write_file_atomically(folder.path() / "file", bytes_of("new")));
  EXPECT_EQ(folder.size(), 3U);
  EXPECT_TRUE(other->move_to(folder.path() / "other"));
  EXPECT_TRUE(others_folder->move_to(folder.path() / "deep"));
  EXPECT_TRUE(fs::is_directory(folder.path() / "deep"));
}

TEST(File, ManyWritersAtOnceAllSucceed) {
  const TemporaryFolder folder;
  std::atomic<int> failed = 0;
  std::vector<std::thread> writers;
  for (std::uint8_t w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < 25; ++i) {
        if (!write_file_atomically(folder.path() / "file", Bytes(100, w))) ++failed;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(folder.size(), 1U);
  const Bytes last = *read_file(folder.path() / "file");
  EXPECT_EQ(last, Bytes(100, last.at(0)));
}

TEST(File, AFullDiskIsASentence) {
  const Status status = write_file_atomically("/dev/full", bytes_of("x"));
  ASSERT_FALSE(status);
  EXPECT_TRUE(contains(status.error().message, "No space left"));
}

TEST(File, ReadsNoMoreThanItsBeginningCallsFor) {
  const TemporaryFolder folder;
  const Bytes bytes(3 << 20, 7);
  for (const Bytes& stored : {bytes, gzip(bytes)}) {
    const fs::path path = folder.write("file", stored);
    std::size_t seen = 0;
    const auto sized = [&](std::size_t size) {
      return read_maybe_gzip(path, [&seen, size](std::span<const std::uint8_t> beginning) {
        seen = beginning.size();
        return size;
      });
    };
    EXPECT_EQ(*sized(bytes.size()), bytes);
    EXPECT_GE(seen, kBeginning);
    EXPECT_EQ(*sized(bytes.size() + 1), bytes) << "fewer are the parser's to complain of";
    const auto larger = sized(bytes.size() - 1);
    ASSERT_FALSE(larger);
    EXPECT_TRUE(contains(larger.error().message, std::to_string(bytes.size() - 1) + " bytes"));
    const auto refused =
        read_maybe_gzip(path, [](auto) { return Result<std::size_t>(Error{"no"}); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "no");
  }
  EXPECT_EQ(*read_file(folder.write("short", "abc"), 3), bytes_of("abc"));
  EXPECT_FALSE(read_file(folder.write("short", "abc"), 2));
}

TEST(File, UnpacksByContentAndNotByName) {
  const TemporaryFolder folder;
  const Bytes plain = bytes_of("plain text");
  const SizeOf any = [](auto) { return kMaxFileBytes; };
  EXPECT_EQ(*read_maybe_gzip(folder.write("plain.gz", plain), any), plain);
  EXPECT_EQ(*read_maybe_gzip(folder.write("packed", gzip(plain)), any), plain);
  Bytes cut = gzip(plain);
  cut.resize(cut.size() - 3);
  const auto result = read_maybe_gzip(folder.write("cut.gz", cut), any);
  ASSERT_FALSE(result);
  EXPECT_TRUE(contains(result.error().message, "cut.gz is truncated"));
}

}  // namespace
}  // namespace signflip
