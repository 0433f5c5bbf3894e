// Tests of dividing a training set.
#include <algorithm>
#include <map>
#include <set>

#include "data/dataset.h"
#include "support/files.h"

namespace signflip {
namespace {

Dataset labelled(std::vector<int> labels, std::vector<int> groups = {}) {
  Dataset dataset;
  dataset.labels = std::move(labels);
  dataset.groups = std::move(groups);
  return dataset;
}

/// 5 classes × 20 tracks × 6 frames.
Dataset tracks() {
  std::vector<int> labels;
  std::vector<int> groups;
  for (int i = 0; i < 600; ++i) {
    labels.push_back(i / 120);
    groups.push_back(i / 6);
  }
  return labelled(labels, groups);
}

TEST(ValidationSplit, IsAPartitionInOrder) {
  const ValidationSplit split = split_validation(tracks(), 0.2, 7);
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
  std::set<std::uint32_t> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  EXPECT_EQ(all.size(), 600U);
  EXPECT_EQ(split.train.size() + split.validation.size(), 600U);
}

TEST(ValidationSplit, KeepsTracksWholeAndClassesEven) {
  const Dataset dataset = tracks();
  const ValidationSplit split = split_validation(dataset, 0.2, 7);
  std::map<int, int> frames_of_group;
  std::map<int, int> images_of_class;
  for (const std::uint32_t i : split.validation) {
    ++frames_of_group[dataset.groups[i]];
    ++images_of_class[dataset.labels[i]];
  }
  for (const auto& [group, frames] : frames_of_group) EXPECT_EQ(frames, 6) << group;
  for (int label = 0; label < 5; ++label) EXPECT_EQ(images_of_class[label], 24) << label;
}

TEST(ValidationSplit, DependsOnTheSeedAlone) {
  const Dataset dataset = tracks();
  EXPECT_EQ(split_validation(dataset, 0.2, 7).validation,
            split_validation(dataset, 0.2, 7).validation);
  EXPECT_NE(split_validation(dataset, 0.2, 7).validation,
            split_validation(dataset, 0.2, 8).validation);
}

TEST(ValidationSplit, WithoutGroupsEachImageStandsAlone) {
  std::vector<int> labels;
  for (int i = 0; i < 1000; ++i) labels.push_back(i % 10);
  const ValidationSplit split = split_validation(labelled(labels), 0.1, 1);
  EXPECT_EQ(split.validation.size(), 100U);
}

TEST(ValidationSplit, EveryClassKeepsSomethingToLearnFrom) {
  const ValidationSplit all = split_validation(labelled({0, 0, 1, 2}), 1.0, 1);
  EXPECT_EQ(all.validation.size(), 1U);
  EXPECT_EQ(all.train.size(), 3U);
  EXPECT_TRUE(split_validation(tracks(), 0.0, 1).validation.empty());
  EXPECT_TRUE(split_validation(labelled({}), 0.5, 1).train.empty());
}

TEST(ValidationSplit, KeepsTheRealTracksWhole) {
  SIGNFLIP_NEEDS_DATA(folder, "gtsrb");
  const auto dataset = load_dataset("gtsrb", folder, Split::train);
  ASSERT_TRUE(dataset) << dataset.error().message;
  ASSERT_EQ(dataset->groups.size(), dataset->count());
  EXPECT_EQ(*std::max_element(dataset->groups.begin(), dataset->groups.end()) + 1, 1307);

  const ValidationSplit split = split_validation(*dataset, 0.1, 3);
  std::set<int> train;
  std::set<int> validation;
  std::set<int> classes;
  for (const std::uint32_t i : split.train) train.insert(dataset->groups[i]);
  for (const std::uint32_t i : split.validation) {
    validation.insert(dataset->groups[i]);
    classes.insert(dataset->labels[i]);
  }
  EXPECT_EQ(train.size() + validation.size(), 1307U);
  EXPECT_EQ(classes.size(), 43U);
  EXPECT_NEAR(static_cast<double>(split.validation.size()), 3921, 300);
}

}  // namespace
}  // namespace signflip
