// A network as data for a device (device.h).
#pragma once

#include "device/device.h"
#include "nn/sequential.h"

namespace signflip::device {

/// An error that names the layer where it has one that devices do not run.
Result<Plan> make_plan(const Sequential& network);

}  // namespace signflip::device
