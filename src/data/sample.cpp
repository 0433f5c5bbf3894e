// Stratified samples.
#include "data/sample.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/rng.h"

namespace signflip {
namespace {

/// How many of `count` images each class gets, given how many it has: largest remainders.
std::vector<std::size_t> shares(const std::vector<std::size_t>& sizes, std::size_t count) {
  const std::size_t all = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  const std::size_t least = count >= sizes.size() ? 1 : 0;
  std::vector<std::size_t> share;
  share.reserve(sizes.size());
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const std::size_t size : sizes) share.push_back(std::max(size * count / all, least));
  const auto remainder = [&](std::size_t c) { return sizes[c] * count % all; };
  std::ranges::stable_sort(order, std::greater<>(), remainder);
  std::size_t given = std::accumulate(share.begin(), share.end(), std::size_t{0});
  for (std::size_t i = 0; given < count; i = (i + 1) % order.size()) {
    std::size_t& own = share[order[i]];
    if (own == sizes[order[i]]) continue;
    ++own;
    ++given;
  }
  while (given > count) {  // small classes were rounded up to one: the largest class pays
    --*std::ranges::max_element(share);
    --given;
  }
  return share;
}

}  // namespace

std::vector<std::uint32_t> stratified_sample(std::span<const int> labels, std::size_t count,
                                             std::uint64_t seed) {
  std::vector<std::uint32_t> chosen;
  if (count >= labels.size()) {
    chosen.resize(labels.size());
    std::iota(chosen.begin(), chosen.end(), 0U);
    return chosen;
  }
  std::map<int, std::vector<std::uint32_t>> classes;
  for (std::uint32_t n = 0; n < labels.size(); ++n) classes[labels[n]].push_back(n);
  std::vector<std::size_t> sizes;
  sizes.reserve(classes.size());
  for (const auto& [label, images] : classes) sizes.push_back(images.size());
  const std::vector<std::size_t> share = shares(sizes, count);
  std::size_t next = 0;
  for (auto& [label, images] : classes) {
    Rng(seed, static_cast<std::uint64_t>(label)).shuffle(std::span(images));
    const auto own = static_cast<std::ptrdiff_t>(share[next++]);
    chosen.insert(chosen.end(), images.begin(), images.begin() + own);
  }
  std::ranges::sort(chosen);
  return chosen;
}

void keep_images(Dataset& dataset, std::span<const std::uint32_t> indices) {
  const std::size_t size = dataset.image.size();
  std::size_t kept = 0;
  for (const std::uint32_t n : indices) {
    dataset.labels[kept] = dataset.labels[n];
    if (!dataset.groups.empty()) dataset.groups[kept] = dataset.groups[n];
    if (kept != n) {
      std::copy_n(dataset.pixels.begin() + static_cast<std::ptrdiff_t>(n * size), size,
                  dataset.pixels.begin() + static_cast<std::ptrdiff_t>(kept * size));
    }
    ++kept;
  }
  dataset.labels.resize(kept);
  dataset.pixels.resize(kept * size);
  if (!dataset.groups.empty()) dataset.groups.resize(kept);
}

}  // namespace signflip
