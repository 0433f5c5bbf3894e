// The card, or why there is none.
#include "backend/cuda/test_device.h"

namespace signflip::test {

Device* test_device(std::string& why) {
  static const auto device = find_cuda_device();
  if (device) return device->get();
  why = device.error().message;
  return nullptr;
}

}  // namespace signflip::test
