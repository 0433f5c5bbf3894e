// JsonView. RFC 8259: a scanner that finds where a value ends, and checks it on the way.
#include "nn/json_view.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/concat.h"
#include "core/names.h"
#include "core/number.h"

namespace signflip {
namespace {

constexpr std::size_t kBad = std::string_view::npos;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && blank(text[at])) ++at;
  return at;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Four hexadecimal digits at `at`, or −1.
int hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (static_cast<unsigned char>(c) < 0x20) return kBad;
    if (c != '\\') continue;
    if (++at >= text.size()) return kBad;
    if (text[at] == 'u') {
      if (hex4(text, at + 1) < 0) return kBad;
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(text[at]) == kBad) {
      return kBad;
    }
  }
  return kBad;
}

std::size_t end_of_number(std::string_view text, std::size_t at) {
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > first;
  };
  if (text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else if (!digits()) {
    return kBad;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return kBad;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return kBad;
  }
  return at;
}

/// Where the value that starts at `at` ends, or kBad.
std::size_t end_of_value(std::string_view text, std::size_t at, int depth) {
  if (at >= text.size() || depth > JsonView::kMaximumDepth) return kBad;
  const char first = text[at];
  if (first == '"') return end_of_string(text, at);
  if (first != '{' && first != '[') {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text.substr(at, word.size()) == word) return at + word.size();
    }
    return end_of_number(text, at);
  }
  const char last = first == '{' ? '}' : ']';
  at = skip_blanks(text, at + 1);
  if (at < text.size() && text[at] == last) return at + 1;
  while (at < text.size()) {
    if (first == '{') {
      if (text[at] != '"') return kBad;
      at = end_of_string(text, at);
      if (at == kBad) return kBad;
      at = skip_blanks(text, at);
      if (at >= text.size() || text[at] != ':') return kBad;
      at = skip_blanks(text, at + 1);
    }
    at = end_of_value(text, at, depth + 1);
    if (at == kBad) return kBad;
    at = skip_blanks(text, at);
    if (at >= text.size()) return kBad;
    if (text[at] == last) return at + 1;
    if (text[at] != ',') return kBad;
    at = skip_blanks(text, at + 1);
  }
  return kBad;
}

void append_utf8(std::string& to, unsigned code) {
  const auto byte = [&](unsigned value) { to += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

}  // namespace

Status check_keys(std::string_view what, const JsonView& object,
                  const std::vector<std::string_view>& known) {
  std::vector<bool> seen(known.size());
  for (const JsonView::Member& member : object.members()) {
    const auto found = std::find(known.begin(), known.end(), member.name);
    if (found == known.end()) {
      return Error{concat(what, " has an unknown key '", member.name, "'; known are ",
                          listed(known, std::identity{}))};
    }
    const auto at = static_cast<std::size_t>(found - known.begin());
    if (seen[at]) return Error{concat(what, " has the key '", member.name, "' twice")};
    seen[at] = true;
  }
  return {};
}

JsonView::JsonView(std::string_view text) {
  const std::size_t begin = skip_blanks(text, 0);
  const std::size_t end = end_of_value(text, begin, 0);
  if (end == kBad || skip_blanks(text, end) != text.size()) return;
  text_ = text.substr(begin, end - begin);
}

JsonView JsonView::operator[](std::string_view name) const {
  JsonView found;
  for (Member& member : members()) {
    if (member.name == name) found = member.value;
  }
  return found;
}

std::vector<JsonView::Member> JsonView::members() const {
  std::vector<Member> result;
  if (!is_object()) return result;
  std::size_t at = skip_blanks(text_, 1);
  while (text_[at] != '}') {
    Member member;
    JsonView name;
    std::size_t end = end_of_string(text_, at);
    name.text_ = text_.substr(at, end - at);
    member.name = name.string();
    at = skip_blanks(text_, skip_blanks(text_, end) + 1);
    end = end_of_value(text_, at, 0);
    member.value.text_ = text_.substr(at, end - at);
    result.push_back(std::move(member));
    at = skip_blanks(text_, end);
    if (text_[at] == ',') at = skip_blanks(text_, at + 1);
  }
  return result;
}

std::vector<JsonView> JsonView::items() const {
  std::vector<JsonView> result;
  if (!is_array()) return result;
  std::size_t at = skip_blanks(text_, 1);
  while (text_[at] != ']') {
    const std::size_t end = end_of_value(text_, at, 0);
    result.emplace_back();
    result.back().text_ = text_.substr(at, end - at);
    at = skip_blanks(text_, end);
    if (text_[at] == ',') at = skip_blanks(text_, at + 1);
  }
  return result;
}

std::optional<bool> JsonView::boolean() const {
  if (starts_with('t')) return true;
  if (starts_with('f')) return false;
  return std::nullopt;
}

double JsonView::number() const {
  return is_number() ? parse_decimal(text_).value_or(HUGE_VAL) : 0.0;
}

std::optional<std::uint64_t> JsonView::whole() const {
  const double value = number();
  if (!is_number() || value < 0 || value >= 0x1p53 || value != std::floor(value)) return {};
  return static_cast<std::uint64_t>(value);
}

std::string JsonView::string() const {
  std::string result;
  if (!is_string()) return result;
  for (std::size_t i = 1; i + 1 < text_.size(); ++i) {
    if (text_[i] != '\\') {
      result += text_[i];
      continue;
    }
    const char escape = text_[++i];
    constexpr std::string_view kEscapes = "bfnrt", kMeanings = "\b\f\n\r\t";
    const std::size_t known = kEscapes.find(escape);
    if (escape == 'u') {
      auto code = static_cast<unsigned>(hex4(text_, i + 1));
      i += 4;
      const bool high = code >= 0xD800 && code < 0xDC00;
      if (high && text_[i + 1] == '\\' && text_[i + 2] == 'u') {
        const auto low = static_cast<unsigned>(hex4(text_, i + 3));
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          i += 6;
        }
      }
      append_utf8(result, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    } else {
      result += known != kBad ? kMeanings[known] : escape;
    }
  }
  return result;
}

std::string JsonView::shown() const {
  constexpr std::size_t kLongest = 40;
  std::string result;
  bool quoted = false;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    if (!quoted && blank(c)) continue;
    if (result.size() >= kLongest) {
      // Not in the middle of a UTF-8 sequence.
      while (!result.empty() && (result.back() & 0xC0) == 0x80) result.pop_back();
      if (!result.empty() && (result.back() & 0x80) != 0) result.pop_back();
      return result + "…";
    }
    result += c;
    if (quoted && c == '\\' && i + 1 < text_.size()) result += text_[++i];
    if (c == '"') quoted = !quoted;
  }
  return result;
}

}  // namespace signflip
