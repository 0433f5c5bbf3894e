// What kind of file a model of another program is, and the way to go for those that are not read.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"

namespace signflip {

enum class ForeignModel { state_dict, onnx };

/// The largest file that is read.
inline constexpr std::size_t kMaximumForeignModel = std::size_t{1} << 30;

/// The format by what the bytes are, not by the file's name; or an error that says which format it
/// is and how to come from there to one that is read.
Result<ForeignModel> foreign_model_format(std::span<const std::uint8_t> bytes);

}  // namespace signflip
