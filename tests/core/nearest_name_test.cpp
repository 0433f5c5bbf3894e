// "Did you mean": which known name an unknown one was meant for.
#include "core/nearest_name.h"

#include <gtest/gtest.h>

namespace signflip::test {
namespace {

constexpr std::string_view kKnown[] = {"train", "predict", "evaluate", "mim", "bim", "s"};

TEST(NearestName, ForgivesOneLetterInFour) {
  EXPECT_EQ(nearest_name("trian", kKnown), "train");       // swapped
  EXPECT_EQ(nearest_name("tran", kKnown), "train");        // missing
  EXPECT_EQ(nearest_name("predixct", kKnown), "predict");  // added
  EXPECT_EQ(nearest_name("evalaute", kKnown), "evaluate");
  EXPECT_EQ(nearest_name("mimm", kKnown), "mim");
}

TEST(NearestName, TakesABeginningForTheWhole) {
  EXPECT_EQ(nearest_name("eval", kKnown), "evaluate");
  EXPECT_EQ(nearest_name("ev", kKnown), "");
}

TEST(NearestName, FindsNoneForAnotherWord) {
  EXPECT_EQ(nearest_name("xyz", kKnown), "");
  EXPECT_EQ(nearest_name("", kKnown), "");
  EXPECT_EQ(nearest_name("a", kKnown), "");  // one letter is not one letter wrong
}

TEST(NearestName, MakesTheEndOfAnError) {
  EXPECT_EQ(did_you_mean("trian", kKnown), "; did you mean train?");
  EXPECT_EQ(did_you_mean("xyz", kKnown), "");
}

}  // namespace
}  // namespace signflip::test
