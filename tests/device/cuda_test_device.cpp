// The card, or why there is none.
#include "device/test_device.h"

namespace signflip::test {

device::Device* test_device(std::string& why) {
  static const auto device = device::find_cuda_device();
  if (device) return device->get();
  why = device.error().message;
  return nullptr;
}

}  // namespace signflip::test
