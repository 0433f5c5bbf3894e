// What a fuzz target defines. libFuzzer calls the first; driver.cpp calls both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Feeds the bytes to the parser under test; crashes (or aborts) where it misbehaves. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// A few small valid inputs that mutation starts from.
std::vector<std::vector<std::uint8_t>> fuzz_seeds();
