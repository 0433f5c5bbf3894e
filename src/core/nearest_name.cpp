// The distance between names.
#include "core/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace signflip {
namespace {

/// Letters to change, insert, remove or swap with their neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t kShortest = 3;  // of a beginning that stands for the whole name
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>((name.size() + 1) / 4, 1) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t apart = distance(name, candidate);
    if (apart >= least || apart >= candidate.size()) continue;
    least = apart;
    nearest = candidate;
  }
  if (!nearest.empty() || name.size() < kShortest) return nearest;
  const auto longer = std::find_if(known.begin(), known.end(), [&](std::string_view candidate) {
    return candidate.starts_with(name);
  });
  return longer == known.end() ? std::string_view() : *longer;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
  const std::string_view nearest = nearest_name(name, known);
  return nearest.empty() ? std::string() : "; did you mean " + std::string(nearest) + "?";
}

}  // namespace signflip
