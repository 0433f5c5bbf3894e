// ExecutorDevice on the host.
#include "backend/cuda/host_device.h"

#include "backend/cuda/executor_device.h"
#include "backend/cuda/host_executor.h"

namespace signflip::device {

std::unique_ptr<Device> make_host_device(bool reversed) {
  return std::make_unique<ExecutorDevice<HostExecutor>>(std::make_unique<HostExecutor>(reversed),
                                                        "host");
}

}  // namespace signflip::device
