// A network as the data that a device wants (backend/device.h).
#pragma once

#include "backend/device.h"
#include "nn/sequential.h"

namespace signflip {

DevicePlan device_plan(const Sequential& network);

}  // namespace signflip
