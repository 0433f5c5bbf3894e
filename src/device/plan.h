// A network as data for a device (device.h).
#pragma once

#include "device/device.h"
#include "nn/sequential.h"

namespace signflip::device {

Plan make_plan(const Sequential& network);

}  // namespace signflip::device
