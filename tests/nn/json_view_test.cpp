// JsonView against nlohmann-json: it accepts the same texts and reads the same values.
#include "nn/json_view.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "nn/json.h"

namespace signflip {
namespace {

/// Both readers hold the same value.
void expect_same(const JsonView& view, const Json& json) {
  if (json.is_object()) {
    ASSERT_TRUE(view.is_object());
    for (const auto& [key, value] : json.items()) expect_same(view[key], value);
  } else if (json.is_array()) {
    ASSERT_TRUE(view.is_array());
    const auto items = view.items();
    ASSERT_EQ(items.size(), json.size());
    for (std::size_t i = 0; i < items.size(); ++i) expect_same(items[i], json[i]);
  } else if (json.is_string()) {
    ASSERT_TRUE(view.is_string());
    EXPECT_EQ(view.string(), json.get<std::string>());
  } else if (json.is_number()) {
    ASSERT_TRUE(view.is_number());
    EXPECT_DOUBLE_EQ(view.number(), json.get<double>());
  } else if (json.is_null()) {
    EXPECT_TRUE(view.is_null());
  }
}

constexpr const char* kTexts[] = {"{}",
                                  "[]",
                                  "0",
                                  "-1.5e3",
                                  "\"\"",
                                  "null",
                                  "true",
                                  " [ 1 , 2 ] ",
                                  R"({"a": {"b": [1, "x", null]}, "c": false})",
                                  R"("tab \t quote \" slash \/ unicode ä € 😀")",
                                  R"({"a": 1, "a": 2})",
                                  "\"ä€😀\"",
                                  R"("\u0041 \u00e4 \u20ac \uffee \ud83d\ude00 \udbff\udfff")",
                                  "[[[]]]",
                                  "1e5",
                                  "10",
                                  "-0",
                                  "{\"x\":[]}"};

constexpr const char* kBadTexts[] = {
    "",           " ",      "{",   "[",   "}",     "]",     "[1,]", "{,}", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}", "{a:1}",  "01",  "1.",  ".5",    "-",     "+1",   "1e",  "\"",      "\"\\x\"",
    "\"\\u12\"",  "\"\n\"", "tru", "nul", "[1 2]", "{} {}", "1 1",  "[1}", "nan"};

TEST(JsonView, ReadsWhatNlohmannReads) {
  for (const char* text : kTexts) {
    const JsonView view{std::string_view(text)};
    ASSERT_TRUE(view.valid()) << text;
    expect_same(view, parse_json(text));
  }
}

TEST(JsonView, RefusesWhatNlohmannRefuses) {
  for (const char* text : kBadTexts) {
    ASSERT_TRUE(parse_json(text).is_discarded()) << text;
    EXPECT_FALSE(JsonView(std::string_view(text)).valid()) << text;
  }
}

TEST(JsonView, AgreesOnMutations) {
  Rng rng(3);
  for (int i = 0; i < 30000; ++i) {
    std::string text = kTexts[rng.below(std::size(kTexts))];
    const std::uint32_t changes = 1 + rng.below(3);
    for (std::uint32_t c = 0; c < changes; ++c) {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size() + 1));
      constexpr std::string_view kAlphabet = "{}[],:\"\\0123456789.-+eE truefalsn\tu";
      const char replacement = kAlphabet[rng.below(static_cast<std::uint32_t>(kAlphabet.size()))];
      if (rng.below(2) == 0 && at < text.size()) {
        text[at] = replacement;
      } else {
        text.insert(at, 1, replacement);
      }
    }
    const bool ascii = text.find_first_of("\x80\xc3\xe2\xf0") == std::string::npos;
    const Json json = parse_json(text);
    // nlohmann also checks UTF-8 and pairs of surrogates, and refuses numbers beyond double.
    if (json.is_discarded() || !ascii) continue;
    const JsonView view{std::string_view(text)};
    ASSERT_TRUE(view.valid()) << text;
    expect_same(view, json);
  }
}

TEST(JsonView, WholeNumbersAreWhole) {
  EXPECT_EQ(JsonView("42").whole(), 42U);
  EXPECT_EQ(JsonView("0").whole(), 0U);
  EXPECT_EQ(JsonView("1e3").whole(), 1000U);
  for (const char* text : {"-1", "1.5", "1e30", "\"1\"", "9007199254740992", "[1]", "null"}) {
    EXPECT_FALSE(JsonView(std::string_view(text)).whole()) << text;
  }
}

TEST(JsonView, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const std::string shallow = nested(60), deep = nested(100), hopeless(1000000, '[');
  EXPECT_TRUE(JsonView(shallow).valid());
  EXPECT_FALSE(JsonView(deep).valid());
  EXPECT_FALSE(JsonView(hopeless).valid());
}

TEST(JsonView, ShowsValuesShortly) {
  EXPECT_EQ(JsonView(" [3, 2.5] ").shown(), "[3,2.5]");
  EXPECT_EQ(JsonView("\"a b\"").shown(), "\"a b\"");
  const std::string text = "\"" + std::string(39, 'x') + "äää\"";
  EXPECT_LE(JsonView(text).shown().size(), 40U + std::string("…").size());
  EXPECT_TRUE(JsonView(text).shown().ends_with("…"));
  // 40 bytes, and no half of a letter: of "ä" the first byte would be the 40th, of "€" the 39th.
  for (const std::size_t before : {37U, 38U, 39U}) {
    for (const std::string letter : {"ä", "€", "😀"}) {
      const std::string shown =
          JsonView("\"" + std::string(before, 'x') + letter + letter + letter + "\"").shown();
      EXPECT_FALSE(parse_json("\"" + shown.substr(1) + "\"").is_discarded()) << shown;
    }
  }
}

}  // namespace
}  // namespace signflip
