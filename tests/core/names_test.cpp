#include "core/names.h"

#include <gtest/gtest.h>

namespace signflip::test {
namespace {

enum class Colour { red, green, blue };
constexpr Named<Colour> kColours[] = {
    {Colour::red, "red"}, {Colour::green, "green"}, {Colour::blue, "blue"}};

TEST(Names, LeadToValuesAndBack) {
  for (const auto& [colour, name] : kColours) {
    EXPECT_EQ(*value_named<Colour>(kColours, "colour", name), colour);
    EXPECT_EQ(name_of<Colour>(kColours, colour), name);
  }
}

TEST(Names, AreListedWhereOneIsNotKnown) {
  const auto wrong = value_named<Colour>(kColours, "colour", "grey");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "there is no colour 'grey'; known are red, green and blue");
  const auto first = std::span(kColours).first(1);
  EXPECT_EQ(listed<Colour>(first), "red");
}

}  // namespace
}  // namespace signflip::test
