// The host's imitation of a device.
#include "backend/cuda/host_device.h"
#include "backend/cuda/test_device.h"

namespace signflip::test {

Device* test_device(std::string&) {
  static const std::unique_ptr<Device> device = device::make_host_device();
  return device.get();
}

}  // namespace signflip::test
