#include "core/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace signflip {
namespace {

constexpr int kMostWholeDigits = 10;  // larger numbers have an exponent

/// value·10^exponent; one rounding where |exponent| ≤ 22.
double scaled(double value, int exponent) {
  double power = 1;
  const int steps = exponent < 0 ? -exponent : exponent;
  for (int i = 0; i < steps; ++i) {
    power *= 10;
    if (i % 300 == 299) {  // powers up to 1e300 stay finite
      value = exponent < 0 ? value / power : value * power;
      power = 1;
    }
  }
  return exponent < 0 ? value / power : value * power;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// As printf's %.*g with `precision` significant digits, 1 to 17.
std::string text_of(double value, int precision) {
  if (std::isnan(value)) return "nan";
  std::string text = std::signbit(value) ? "-" : "";
  value = std::fabs(value);
  if (std::isinf(value)) return text + "inf";
  if (value == 0) return text + "0";
  int exponent = static_cast<int>(std::floor(std::log10(value)));
  const auto digits_of = [&] {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative, and too large for lround
    return static_cast<std::uint64_t>(scaled(value, precision - 1 - exponent) + 0.5);
  };
  std::uint64_t limit = 1;
  for (int i = 0; i < precision; ++i) limit *= 10;
  std::uint64_t digits = digits_of();
  if (digits >= limit) {  // rounded up to one digit more, or log10 was just below
    ++exponent;
    digits = digits_of();
  }
  std::string figures = std::to_string(digits);
  while (figures.size() > 1 && figures.back() == '0') figures.pop_back();
  const int count = static_cast<int>(figures.size());
  if (exponent < -4 || exponent >= std::max(precision, kMostWholeDigits)) {
    text += figures[0];
    if (count > 1) text.append(1, '.').append(figures, 1);
    const int size = exponent < 0 ? -exponent : exponent;
    return text + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + std::to_string(size);
  }
  if (exponent < 0) {
    return text + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + figures;
  }
  const int whole = exponent + 1;
  if (count <= whole)
    return text + figures + std::string(static_cast<std::size_t>(whole - count), '0');
  return text + figures.substr(0, static_cast<std::size_t>(whole)) + "." +
         figures.substr(static_cast<std::size_t>(whole));
}

template <class T>
std::string shortest(T value, int most_digits) {
  std::string text;
  for (int precision = 1; precision <= most_digits; ++precision) {
    text = text_of(static_cast<double>(value), precision);
    const auto read = parse_decimal(text);
    if (!read || static_cast<T>(*read) == value) break;
  }
  return text;
}

}  // namespace

std::string number_text(double value) {
  const auto narrow = static_cast<float>(value);
  return static_cast<double>(narrow) == value ? shortest(narrow, 9) : shortest(value, 17);
}

std::optional<double> parse_decimal(std::string_view text) {
  std::size_t at = 0;
  const auto here = [&](char c) { return at < text.size() && text[at] == c; };
  const bool negative = here('-');
  if (negative || here('+')) ++at;
  std::uint64_t mantissa = 0;
  int exponent = 0, digits = 0;
  bool any = false;
  for (bool fraction = false; at < text.size(); ++at) {
    if (text[at] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    any = true;
    if (digits < 18) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(text[at] - '0');
      if (mantissa != 0) ++digits;
      if (fraction) --exponent;
    } else if (!fraction) {
      ++exponent;
    }
  }
  if (!any) return {};
  if (here('e') || here('E')) {
    ++at;
    const bool down = here('-');
    if (down || here('+')) ++at;
    if (at == text.size()) return {};
    int given = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (given < 100000) given = given * 10 + (text[at] - '0');
    }
    exponent += down ? -given : given;
  }
  if (at != text.size()) return {};
  if (exponent > 400) exponent = 400;
  if (exponent < -400) exponent = -400;
  const double value = mantissa == 0 ? 0.0 : scaled(static_cast<double>(mantissa), exponent);
  if (!std::isfinite(value)) return {};
  return negative ? -value : value;
}

std::optional<double> parse_number(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_decimal(text);
  const auto above = parse_decimal(text.substr(0, slash));
  const auto below = parse_decimal(text.substr(slash + 1));
  if (!above || !below || *below == 0) return {};
  return *above / *below;
}

std::optional<int> parse_whole(std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool are_plain_numbers(std::span<const std::string> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != std::to_string(i)) return false;
  }
  return true;
}

}  // namespace signflip
