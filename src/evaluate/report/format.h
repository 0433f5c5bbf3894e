// How a report writes numbers. Values that were not measured become "".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evaluate/report/input.h"

namespace signflip::report {

/// 0.2113 → "21.13%".
std::string percent(std::optional<double> fraction);
/// "97.80–99.10%": where a fraction of so many images lies for all of their kind, with 95%
/// (evaluate/interval.h).
std::string interval_text(std::optional<double> fraction, std::optional<std::uint64_t> count);
/// Whole numbers with commas, "10,000"; others as short_number().
std::string count_text(std::optional<double> value);
/// "1,000 images", or "30 images drawn by seed 6" where a seed other than 0 drew them; `noun` as
/// false leaves "images" out, for columns of that name.
std::string images_text(const ImageSet& images, bool noun = true);
/// `digits` significant digits at most.
std::string short_number(std::optional<double> value, int digits = 4);
/// A fixed number of decimals.
std::string fixed(std::optional<double> value, int decimals);
/// "0.3", or "8/255" where it is that.
std::string epsilon_text(double epsilon);
/// "0.8 s", "4 min 05 s".
std::string seconds_text(std::optional<double> seconds);
/// "L∞", "L2", "L0", or the name as it is.
std::string norm_text(const std::string& norm);
/// The name of a file without folders and without ".safetensors".
std::string model_name(const std::string& file);
/// The name of a file without folders.
std::string file_name(const std::string& path);

}  // namespace signflip::report
