// A network as the data that a device wants (device.h).
#pragma once

#include "device/device.h"
#include "nn/sequential.h"

namespace signflip::device {

Plan make_plan(const Sequential& network);

}  // namespace signflip::device
