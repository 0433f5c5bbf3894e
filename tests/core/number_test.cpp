// Decimal numbers against the C library's, which the module does without.
#include "core/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "core/concat.h"
#include "core/rng.h"

namespace signflip {
namespace {

std::string printf_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

TEST(NumberText, IsPrintfsForShortDecimals) {
  for (const double value : {0.0, -0.0, 1.0, -1.0, 0.3, 0.1307, 1e-3, 1e-4, 1e-5, 123456789.0, 1e9,
                             9999999999.0, 1e10, 0.9999999999, 1e-8, 2.5}) {
    EXPECT_EQ(number_text(value), printf_text(value));
  }
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(number_text(std::nan("")), "nan");
}

TEST(NumberText, ShowsTheDigitsThatMakeAValueWrong) {
  EXPECT_EQ(number_text(std::nextafter(1.0F, 2.0F)), "1.0000001");
  EXPECT_EQ(number_text(-1e-9F), "-1e-09");
  EXPECT_EQ(number_text(1.0 + 1e-12), "1.000000000001");
  EXPECT_EQ(number_text(std::nextafter(1.0, 2.0)), "1.0000000000000002");
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(7.0F), "7");
  EXPECT_EQ(number_text(300.0F), "300");
  EXPECT_EQ(parse_decimal(number_text(8.0 / 255.0)), 8.0 / 255.0);
  EXPECT_EQ(number_text(std::numeric_limits<float>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(-std::numeric_limits<float>::infinity()), "-inf");
}

TEST(NumberText, IsWhatMessagesAreMadeOf) {
  EXPECT_EQ(concat("found ", std::nextafter(1.0F, 2.0F)), "found 1.0000001");
  EXPECT_EQ(concat("found ", -1e-9F), "found -1e-09");
  EXPECT_EQ(concat("from ", 0.1F, " to ", 1.0F), "from 0.1 to 1");
  EXPECT_EQ(concat("found ", 1.0 + 1e-12), "found 1.000000000001");
}

TEST(NumberText, IsReadAsTheSameFloatAgain) {
  Rng rng(2);
  for (int i = 0; i < 20000; ++i) {
    const float value = std::ldexp(rng.uniform(-1.0F, 1.0F), static_cast<int>(rng.below(60)) - 30);
    const std::string text = number_text(value);
    EXPECT_EQ(std::strtof(text.c_str(), nullptr), value) << text;
  }
}

TEST(ParseDecimal, IsStrtodsOnWhatPeopleType) {
  for (const char* text :
       {"0", "-0", "1", "+1", "0.3", ".5", "5.", "1e-2", "1E+3", "0.1307", "255", "1e22", "1e-22",
        "123456789012345", "0.000001", "16777217", "3.14159265358979"}) {
    const auto value = parse_decimal(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(*value, std::strtod(text, nullptr)) << text;
  }
}

TEST(ParseDecimal, IsCloseElsewhere) {
  for (const char* text :
       {"0.30810001492500305", "1e300", "1e-300", "123456789012345678901234567890", "1e308"}) {
    const double expected = std::strtod(text, nullptr);
    const auto value = parse_decimal(text);
    ASSERT_TRUE(value) << text;
    EXPECT_NEAR(*value / expected, 1.0, 1e-13) << text;
  }
  EXPECT_EQ(parse_decimal("1e-999"), 0.0);
}

TEST(ParseDecimal, RefusesTheRest) {
  for (const char* text : {"", " 1", "1 ", "+", "-", ".", "e5", "1e", "1e+", "0x10", "inf", "nan",
                           "1,5", "--1", "1.2.3", "1e999", "8/255"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Number, ReadsWholeNumbersAndNamesThatAreNone) {
  EXPECT_EQ(parse_whole("14"), 14);
  EXPECT_EQ(parse_whole("00014"), 14);
  for (const char* wrong : {"", "-1", "+1", "1.0", " 1", "1 ", "99999999999", "one"}) {
    EXPECT_FALSE(parse_whole(wrong)) << wrong;
  }
  EXPECT_TRUE(are_plain_numbers(std::vector<std::string>{"0", "1", "2"}));
  EXPECT_FALSE(are_plain_numbers(std::vector<std::string>{"1", "2"}));
  EXPECT_FALSE(are_plain_numbers(std::vector<std::string>{"0", "01"}));
}

TEST(Number, ReadsFractions) {
  EXPECT_EQ(parse_number("8/255"), 8.0 / 255.0);
  EXPECT_EQ(parse_number("0.25"), 0.25);
  for (const char* wrong : {"1/0", "/2", "1/", "1/2/3", "a/2", ""}) {
    EXPECT_FALSE(parse_number(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace signflip
