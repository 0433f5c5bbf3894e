// The host's imitation of a device.
#include "device/host/host_device.h"
#include "device/test_device.h"

namespace signflip::test {

device::Device* test_device(std::string&) {
  static const std::unique_ptr<device::Device> device = device::make_host_device();
  return device.get();
}

}  // namespace signflip::test
