// A Device on the host, made of everything in device/ but cuda/. For tests, so that a machine
// without a card checks what a card would compute.
#pragma once

#include <memory>

#include "device/device.h"

namespace signflip::device {

/// `reversed`: everything in the opposite order (host_executor.h).
std::unique_ptr<Device> make_host_device(bool reversed = false);

}  // namespace signflip::device
