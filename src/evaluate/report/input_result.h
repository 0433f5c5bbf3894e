// Reads one entry of "results" of evaluate or attack: an attack's figures, of images and classes
// too.
#pragma once

#include <cstdint>
#include <optional>

#include "evaluate/report/fields.h"
#include "evaluate/report/input.h"

namespace signflip::report {

/// `count`: the images of the file. The first thing that is not as expected goes into `error`.
AttackResult read_result(const Fields& fields, std::optional<std::uint64_t> count,
                         FirstError& error);

}  // namespace signflip::report
