// Stratified samples.
#include "data/sample.h"

#include <gtest/gtest.h>

#include <map>

namespace signflip::test {
namespace {

std::map<int, std::size_t> counts_of(const std::vector<int>& labels,
                                     const std::vector<std::uint32_t>& chosen) {
  std::map<int, std::size_t> counts;
  for (const std::uint32_t n : chosen) ++counts[labels[n]];
  return counts;
}

/// Sorted by class, as GTSRB's training images are: the first half is all of class 0.
std::vector<int> sorted_labels() {
  std::vector<int> labels(500, 0);
  labels.insert(labels.end(), 300, 1);
  labels.insert(labels.end(), 190, 2);
  labels.insert(labels.end(), 10, 7);
  return labels;
}

TEST(StratifiedSample, GivesEachClassItsShare) {
  const auto labels = sorted_labels();
  const auto counts = counts_of(labels, stratified_sample(labels, 100, 1));
  EXPECT_EQ(counts, (std::map<int, std::size_t>{{0, 50}, {1, 30}, {2, 19}, {7, 1}}));
}

TEST(StratifiedSample, LeavesNoClassOutWhereThereIsRoom) {
  const auto labels = sorted_labels();
  for (const std::size_t count : {4U, 5U, 7U, 11U, 33U, 999U}) {
    const auto chosen = stratified_sample(labels, count, 3);
    EXPECT_EQ(chosen.size(), count);
    EXPECT_EQ(counts_of(labels, chosen).size(), 4U) << count;
  }
  EXPECT_EQ(stratified_sample(labels, 3, 3).size(), 3U);
  EXPECT_EQ(stratified_sample(labels, 1000, 3).size(), 1000U);
  EXPECT_EQ(stratified_sample(labels, 5000, 3).size(), 1000U);
}

TEST(StratifiedSample, IsFixedByTheSeed) {
  const auto labels = sorted_labels();
  const auto first = stratified_sample(labels, 100, 1);
  EXPECT_EQ(first, stratified_sample(labels, 100, 1));
  EXPECT_NE(first, stratified_sample(labels, 100, 2));
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
  EXPECT_EQ(std::adjacent_find(first.begin(), first.end()), first.end());
}

TEST(StratifiedSample, KeepsPixelsLabelsAndGroupsTogether) {
  Dataset dataset;
  dataset.image = {1, 2, 1};
  dataset.labels = {0, 1, 2, 3};
  dataset.groups = {5, 6, 7, 8};
  dataset.pixels = {0, 1, 10, 11, 20, 21, 30, 31};
  keep_images(dataset, std::vector<std::uint32_t>{1, 3});
  EXPECT_EQ(dataset.labels, (std::vector<int>{1, 3}));
  EXPECT_EQ(dataset.groups, (std::vector<int>{6, 8}));
  EXPECT_EQ(dataset.pixels, (std::vector<std::uint8_t>{10, 11, 30, 31}));
}

}  // namespace
}  // namespace signflip::test
