#include "device/host/host_device.h"

#include "device/host/host_executor.h"
#include "device/programs/executor_device.h"

namespace signflip::device {

std::unique_ptr<Device> make_host_device(bool reversed) {
  return std::make_unique<ExecutorDevice<HostExecutor>>(std::make_unique<HostExecutor>(reversed),
                                                        "host");
}

}  // namespace signflip::device
