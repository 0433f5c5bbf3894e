// Result and Status: which of the two they hold, and that values move through.
#include "core/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace signflip {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0) return Error{std::to_string(number) + " is odd"};
  return number / 2;
}

TEST(Result, HoldsAValue) {
  const auto result = half_of(6);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 3);
}

TEST(Result, HoldsAnError) {
  const auto result = half_of(7);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "7 is odd");
}

TEST(Result, AValueThatIsItselfAnErrorMessageIsNoError) {
  const Result<std::string> result(std::string("not an error"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->size(), 12U);
}

TEST(Result, MovesOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
  ASSERT_TRUE(result);
  const std::unique_ptr<int> owned = *std::move(result);
  EXPECT_EQ(*owned, 5);
}

TEST(Result, CanBeWrittenThrough) {
  Result<std::string> result(std::string("a"));
  *result += "b";
  result->append("c");
  EXPECT_EQ(*result, "abc");
}

TEST(Status, IsSuccessUnlessItHoldsAnError) {
  const Status success;
  EXPECT_TRUE(success);
  const Status failure = Error{"no"};
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().message, "no");
}

}  // namespace
}  // namespace signflip
