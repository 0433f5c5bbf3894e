#include "evaluate/sign_test.h"

#include <algorithm>
#include <cmath>

namespace signflip {

Discordant count_discordant(std::string_view first, std::string_view second) {
  Discordant counts;
  for (std::size_t n = 0; n < std::min(first.size(), second.size()); ++n) {
    if (first[n] == second[n]) continue;
    ++(first[n] == '1' ? counts.second : counts.first);
  }
  return counts;
}

Discordant least_telling(std::uint64_t broken_by_first, std::uint64_t broken_by_second,
                         std::uint64_t images) {
  const std::uint64_t both =  // no fewer can be broken by both
      broken_by_first + broken_by_second > images ? broken_by_first + broken_by_second - images : 0;
  return {broken_by_first - both, broken_by_second - both};
}

double sign_test(Discordant counts) {
  const auto n = static_cast<double>(counts.first) + static_cast<double>(counts.second);
  const auto least = static_cast<double>(counts.first);
  if (n == 0) return 1.0;
  if (n > 1e6) return 0.5 * std::erfc((2.0 * least - 1.0 - n) / std::sqrt(2.0 * n));
  double probability = 0.0;
  for (double i = least; i <= n; ++i) {
    const double ways = std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1);
    probability += std::exp(ways - n * std::log(2.0));
  }
  return std::min(probability, 1.0);
}

bool beats(Discordant counts) { return sign_test(counts) < 0.025; }

}  // namespace signflip
