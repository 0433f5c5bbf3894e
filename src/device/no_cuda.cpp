// Replaces cuda/ in builds without SIGNFLIP_CUDA.
#include "device/device.h"

namespace signflip::device {

Result<std::unique_ptr<Device>> find_cuda_device() {
  return Error{
      "this signflip was built without CUDA: build with SIGNFLIP_CUDA=ON, or use the device cpu"};
}

}  // namespace signflip::device
