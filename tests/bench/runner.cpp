// The list of cases, and the plain loop that times one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/cases.h"

namespace signflip::bench {

void die(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::exit(1);
}

std::vector<Case> all_cases(int threads) {
  std::vector<Case> cases;
  add_peak_cases(cases, 1);
  if (threads > 1) add_peak_cases(cases, threads);
  add_kernel_cases(cases);
  add_eigen_cases(cases);
  add_network_cases(cases, 1);
  if (threads > 1) add_network_cases(cases, threads);
  add_training_cases(cases, 1);
  if (threads > 1) add_training_cases(cases, threads);
  return cases;
}

Timing measure(const std::function<void()>& run, double budget) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::duration time) {
    return std::chrono::duration<double>(time).count();
  };
#ifdef __EMSCRIPTEN__
  constexpr double kSample = 4e-3;  // long beside the clock's grain: 0.1 ms in a browser
#else
  constexpr double kSample = 2e-3;
#endif
  run();
  std::vector<double> samples;
  Timing timing;
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    std::size_t runs = 0;
    double taken = 0;
    do {
      run();
      ++runs;
      taken = seconds(Clock::now() - start);
    } while (taken < kSample);
    samples.push_back(taken / static_cast<double>(runs));
    timing.runs += runs;
  } while (seconds(Clock::now() - begin) < budget);
  std::sort(samples.begin(), samples.end());
  timing.best = samples.front();
  timing.median = samples[samples.size() / 2];
  return timing;
}

}  // namespace signflip::bench
