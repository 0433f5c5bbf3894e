// What a file is that was given for a model and is none of ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace signflip {

/// Whether the bytes begin as safetensors do: the header's length in 8 bytes, then the header,
/// which is JSON. Asked first, because the length may be any other format's first bytes.
bool begins_as_safetensors(std::span<const std::uint8_t> bytes);

/// "a PyTorch file (.pt), …": what the bytes look like, and what to do; empty where they look like
/// nothing known.
std::string_view foreign_format(std::span<const std::uint8_t> bytes);

}  // namespace signflip
