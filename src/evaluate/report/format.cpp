#include "evaluate/report/format.h"

#include <cmath>
#include <cstdio>

#include "evaluate/interval.h"

namespace signflip::report {
namespace {

std::string printed(const char* format, int digits, double value) {
  char text[160];
  std::snprintf(text, sizeof text, format, digits, value);
  return text;
}

}  // namespace

std::string percent(std::optional<double> fraction) {
  return fraction ? printed("%.*f", 2, 100.0 * *fraction) + "%" : "";
}

std::string images_text(const ImageSet& images, bool noun) {
  if (!images.count) return "";
  std::string words = count_text(static_cast<double>(*images.count));
  if (noun) words += *images.count == 1 ? " image" : " images";
  if (images.sample_seed.value_or(0) == 0) return words;
  return words + " drawn by seed " + std::to_string(*images.sample_seed);
}

std::string short_number(std::optional<double> value, int digits) {
  return value ? printed("%.*g", digits, *value) : "";
}

std::string fixed(std::optional<double> value, int decimals) {
  if (!value) return "";
  return std::fabs(*value) < 1e9 ? printed("%.*f", decimals, *value) : short_number(value);
}

std::string interval_text(std::optional<double> fraction, std::optional<std::uint64_t> count) {
  if (!fraction || !count) return "";
  const auto [low, high] = confidence_interval(*fraction, static_cast<std::size_t>(*count));
  return fixed(100.0 * low, 2) + "–" + percent(high);
}

std::string count_text(std::optional<double> value) {
  if (!value || std::fabs(*value) >= 1e15 || *value != std::floor(*value))
    return short_number(value);
  std::string digits = printed("%.*f", 0, *value);
  const std::size_t first = *value < 0.0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string epsilon_text(double epsilon) {
  const double levels = epsilon * 255.0, whole = std::round(levels);
  const bool short_decimal = std::fabs(epsilon * 1e4 - std::round(epsilon * 1e4)) < 1e-9;
  if (!short_decimal && whole >= 1.0 && whole <= 255.0 && std::fabs(levels - whole) < 1e-4) {
    return printed("%.*f", 0, whole) + "/255";
  }
  return short_number(epsilon, 6);
}

std::string seconds_text(std::optional<double> seconds) {
  if (!seconds) return "";
  if (*seconds < 60.0) return printed("%.*f", *seconds < 10.0 ? 2 : 1, *seconds) + " s";
  if (*seconds >= 1e9) return short_number(seconds) + " s";
  const auto whole = std::lround(*seconds);
  char text[64];
  if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string norm_text(const std::string& norm) {
  if (norm == "linf") return "L∞";
  if (norm == "l2") return "L2";
  if (norm == "l1") return "L1";
  if (norm == "l0") return "L0";
  return norm;
}

std::string file_name(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

std::string model_name(const std::string& file) {
  const std::string name = file_name(file);
  constexpr std::string_view kEnding = ".safetensors";
  return name.size() > kEnding.size() && name.ends_with(kEnding)
             ? name.substr(0, name.size() - kEnding.size())
             : name;
}

}  // namespace signflip::report
