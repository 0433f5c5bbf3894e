// Errors about JSON: where two values differ, and where a text stops being JSON.
#include "nn/json_difference.h"

#include <gtest/gtest.h>

#include "nn/json_place.h"

namespace signflip::test {
namespace {

std::string difference(std::string_view found, std::string_view expected) {
  return first_difference(parse_json(found), parse_json(expected));
}

TEST(JsonDifference, NamesTheFirstMemberThatDiffers) {
  EXPECT_EQ(difference(R"({"a": 1, "b": [2, {"c": "x"}]})", R"({"b": [2, {"c": "x"}], "a": 1})"),
            "");
  EXPECT_EQ(difference(R"({"seed": 1})", R"({"seed": 2})"), "its seed is 1, this run's is 2");
  EXPECT_EQ(difference(R"({"a": {"b": "x"}})", R"({"a": {"b": "y"}})"),
            R"(its a.b is "x", this run's is "y")");
  EXPECT_EQ(difference(R"({"a": [{"b": 1}, {"b": 2}]})", R"({"a": [{"b": 1}, {"b": 3}]})"),
            "its a[1].b is 2, this run's is 3");
  EXPECT_EQ(difference(R"({"a": [1]})", R"({"a": [1, 2]})"), "its a are 1, this run's 2");
  EXPECT_EQ(difference(R"({})", R"({"a": 1})"), "it has no a, this run has 1");
  EXPECT_EQ(difference(R"({"a": 1})", R"({})"), "it has a 1, this run has none");
}

TEST(JsonPlace, IsWhereTheTextStopsBeingJson) {
  EXPECT_EQ(json_error_place(R"({"a": [1, 2.5e3, true, null, "x"]})"), "");
  EXPECT_EQ(json_error_place("{\n  \"a\" 1\n}"), "line 2, column 7");
  EXPECT_EQ(json_error_place("{\"a\": nul}"), "line 1, column 10");
  EXPECT_EQ(json_error_place("{\"a\": 1,\n"), "line 2, column 1");
  EXPECT_EQ(json_error_place("[1] 2"), "line 1, column 5");
  EXPECT_EQ(json_error_place(R"({"a" "word"})"), "line 1, column 6");
  EXPECT_EQ(json_error_place(R"(["a\u"])"), "line 1, column 6");
  EXPECT_NE(json_error_place(""), "");
  EXPECT_NE(json_error_place(std::string(100000, '[')), "");
}

}  // namespace
}  // namespace signflip::test
