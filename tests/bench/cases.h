// What is measured: one list of cases for every runner (Google Benchmark natively, a plain loop
// where there is none: WebAssembly, and runs side by side with other libraries). A case knows how
// many images and multiply-adds one run handles; runners only look at the clock.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "nn/sequential.h"

namespace signflip::bench {

struct Case {
  std::string name;       ///< "pgd-40/M/256/threads:2": what, net or layer, images, threads
  double images = 0;      ///< a run
  double operations = 0;  ///< floating-point operations a run, as if nothing were skipped; or 0
  std::function<std::function<void()>()> prepare;  ///< sets up; the result is one run
};

/// The nets of every comparison, randomly initialised with one seed: S (architecture s, 28×28×1),
/// M (madry, 28×28×1) and G (lenet, 32×32×3, 43 classes). Made at the first call, then kept.
const Sequential& network(char net);

/// Images with pixels uniform in [0,1] and random labels, the same for every caller.
struct Batch {
  Tensor images;
  std::vector<int> labels;
};
Batch random_batch(const Sequential& network, std::size_t count);

void add_peak_cases(std::vector<Case>& cases, int threads);
void add_kernel_cases(std::vector<Case>& cases);
void add_eigen_cases(std::vector<Case>& cases);
void add_network_cases(std::vector<Case>& cases, int threads);
void add_training_cases(std::vector<Case>& cases, int threads);

/// All of the above, on 1 thread and, where it is more, on `threads`.
std::vector<Case> all_cases(int threads);

/// Ends the program with one sentence: a case that cannot be set up is a mistake in it.
[[noreturn]] void die(const std::string& sentence);

template <class T>
T need(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}

/// Seconds of one run, warmed up, within about `budget` seconds: the quickest and the median of
/// many short samples. On a machine that others share, only the quickest says what code can do.
struct Timing {
  double best = 0, median = 0;
  std::size_t runs = 0;
};
Timing measure(const std::function<void()>& run, double budget);

}  // namespace signflip::bench
