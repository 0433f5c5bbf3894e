// A main() for fuzz targets where libFuzzer is absent: runs the files and folders given as
// arguments, then seeded random mutations of them and of the target's own seeds. Not guided by
// coverage; its use is that every build and every CI run exercises the targets.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/rng.h"
#include "fuzz/fuzz.h"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

/// What runs, for keep_input().
const Bytes* current = nullptr;

/// Leaves the input that broke the target as a file, as libFuzzer does, and ends as it would have.
extern "C" void keep_input(int signal) {
  constexpr const char* kFile = "fuzz-crash";
  const int file = current == nullptr ? -1 : ::open(kFile, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && ::write(file, current->data(), current->size()) >= 0) {
    constexpr std::string_view kSaid = "the input is in ./fuzz-crash\n";
    (void)!::write(STDERR_FILENO, kSaid.data(), kSaid.size());
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Runs one input from a block of exactly its size, so that AddressSanitizer sees each overrun.
void run(const Bytes& input) {
  const Bytes exact(input.begin(), input.end());
  current = &exact;
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  current = nullptr;
}

std::size_t position_in(const Bytes& bytes, signflip::Rng& rng) {
  return bytes.empty() ? 0 : rng.below(static_cast<std::uint32_t>(bytes.size()));
}

/// Overwrites some bytes with a number that length and dimension fields trip over.
void write_extreme(Bytes& bytes, signflip::Rng& rng) {
  constexpr std::uint64_t kExtremes[] = {0,
                                         1,
                                         0x7f,
                                         0x80,
                                         0xff,
                                         0x7fff,
                                         0x8000,
                                         0xffff,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0x7fffffffffffffff,
                                         0xffffffffffffffff};
  const std::uint64_t value = kExtremes[rng.below(std::size(kExtremes))];
  const std::size_t width = std::size_t{1} << rng.below(4);
  const bool big_endian = rng.below(2) == 0;
  const std::size_t at = position_in(bytes, rng);
  for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * (big_endian ? width - 1 - i : i)));
  }
}

void mutate(Bytes& bytes, const std::vector<Bytes>& seeds, signflip::Rng& rng) {
  const auto at = [&] {
    return bytes.begin() + static_cast<std::ptrdiff_t>(position_in(bytes, rng));
  };
  switch (rng.below(8)) {
    case 0:  // flip a bit
      if (!bytes.empty()) *at() ^= static_cast<std::uint8_t>(1U << rng.below(8));
      break;
    case 1:  // set a byte
      if (!bytes.empty()) *at() = static_cast<std::uint8_t>(rng.next());
      break;
    case 2:
      write_extreme(bytes, rng);
      break;
    case 3:
      bytes.resize(position_in(bytes, rng));
      break;  // truncate
    case 4:
      bytes.insert(at(), static_cast<std::uint8_t>(rng.next()));
      break;
    case 5:  // remove a byte
      if (!bytes.empty()) bytes.erase(at());
      break;
    case 6: {  // repeat a stretch
      const Bytes stretch(at(), bytes.end());
      bytes.insert(at(), stretch.begin(), stretch.end());
      break;
    }
    default: {  // go on as another seed does
      const Bytes& other = seeds[rng.below(static_cast<std::uint32_t>(seeds.size()))];
      const auto from = other.begin() + static_cast<std::ptrdiff_t>(position_in(other, rng));
      bytes.erase(at(), bytes.end());
      bytes.insert(bytes.end(), from, other.end());
    }
  }
}

/// Until there were as many runs, or as many seconds have gone by. Returns how many ran.
std::uint64_t run_mutations(const std::vector<Bytes>& seeds, std::uint64_t runs, double seconds,
                            std::uint64_t seed) {
  constexpr std::size_t kMaxInput = 1 << 16;
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t i = 0;
  for (; i < runs; ++i) {
    const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - start;
    if (gone.count() >= seconds) break;
    signflip::Rng rng(seed, i);  // a stream each, so that run i can be repeated alone
    Bytes input = seeds[rng.below(static_cast<std::uint32_t>(seeds.size()))];
    for (std::uint32_t steps = 1 + rng.below(6); steps > 0; --steps) mutate(input, seeds, rng);
    input.resize(std::min(input.size(), kMaxInput));
    run(input);
  }
  return i;
}

/// Adds a file, or all files below a folder in the order of their names. False: there is neither.
bool read_path(const fs::path& path, std::vector<Bytes>& inputs) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    return true;
  }
  if (!fs::is_directory(path, error)) return false;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) read_path(file, inputs);
  return true;
}

bool write_seeds(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  int number = 0;
  for (const Bytes& seed : fuzz_seeds()) {
    std::ofstream file(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
    if (!file) return false;
  }
  return true;
}

constexpr std::string_view kUsage =
    "usage: %s [--runs N] [--seconds T] [--seed S] [--write-seeds FOLDER] [FILE or FOLDER]…\n"
    "Runs each file, then random mutations of the files and the built-in seeds: N of them, for T "
    "seconds at most (without files N = 1000, or any number where T is given).\n";

}  // namespace

int main(int argc, char** argv) {
#ifdef __SANITIZE_ADDRESS__
  ::signal(SIGABRT, keep_input);  // the others are the sanitizer's, which says more
#else
  for (const int broken : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(broken, keep_input);
#endif
#ifdef M_TRIM_THRESHOLD
  // Freed memory stays: getting it from the system again at each run would cost more than the runs.
  mallopt(M_MMAP_THRESHOLD, 1 << 28);
  mallopt(M_TRIM_THRESHOLD, 1 << 28);
#endif
  std::optional<std::uint64_t> runs, seconds;
  std::uint64_t seed = 1;
  std::vector<Bytes> inputs;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--runs" || option == "--seed" || option == "--seconds") {
      const std::string_view text = i + 1 < argc ? argv[++i] : "";
      std::uint64_t value = 0;
      if (std::from_chars(text.begin(), text.end(), value).ec != std::errc()) {
        std::fprintf(stderr, kUsage.data(), argv[0]);
        return 2;
      }
      if (option == "--seed") seed = value;
      if (option == "--runs") runs = value;
      if (option == "--seconds") seconds = value;
    } else if (option == "--write-seeds" && i + 1 < argc) {
      return write_seeds(argv[i + 1]) ? 0 : 1;
    } else if (option.starts_with("--")) {
      std::fprintf(stderr, kUsage.data(), argv[0]);
      return 2;
    } else if (!read_path(argv[i], inputs)) {
      std::fprintf(stderr, "%s: there is no such file or folder\n", argv[i]);
      return 1;
    }
  }
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t wanted = runs.value_or(seconds ? kAny : inputs.empty() ? 1000 : 0);
  const double most = seconds ? static_cast<double>(*seconds) : HUGE_VAL;
  const std::size_t files = inputs.size();
  if (wanted > 0) {
    const std::vector<Bytes> seeds = fuzz_seeds();
    inputs.insert(inputs.begin(), seeds.begin(), seeds.end());
  }
  for (const Bytes& input : inputs) run(input);
  const std::uint64_t mutations = wanted > 0 ? run_mutations(inputs, wanted, most, seed) : 0;
  std::printf("%zu files and %llu mutations ran\n", files,
              static_cast<unsigned long long>(mutations));
  return 0;
}
