// Datasets of tests, which are there or are refused.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "data/dataset.h"

namespace signflip::test {

/// Fails the test where there is none.
inline Dataset loaded(const std::string& name, const std::filesystem::path& place, Split split) {
  auto dataset = load_dataset(name, place, split);
  EXPECT_TRUE(dataset) << (dataset ? "" : dataset.error().message);
  return dataset ? std::move(*dataset) : Dataset{};
}

/// The error, or "no error".
inline std::string refusal(const std::string& name, const std::filesystem::path& place,
                           Split split = Split::train) {
  const auto dataset = load_dataset(name, place, split);
  return dataset ? "no error" : dataset.error().message;
}

}  // namespace signflip::test
