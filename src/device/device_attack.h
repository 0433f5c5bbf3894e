// Attacks of the catalogue on a device. The device crafts; the runner (attack/runner.h) checks,
// keeps the budget, re-classifies on the CPU and measures, as it does for every attack, so a fault
// of the device cannot improve the result.
#pragma once

#include "attack/runner.h"
#include "device/device.h"
#include "nn/sequential.h"

namespace signflip::device {

/// That an attack is none that a device runs, and which are.
Error not_for_devices(std::string_view attack);

/// The attack as a climb that a device runs: error where it is none (AttackEntry::climb), or where
/// its norm is not L∞.
Result<Climb> device_climb(const AttackEntry& attack, const Parameters& parameters);

/// As run_attack(), crafted on the device. `gradients` and `queries` count what the device did.
Result<AttackOutcome> run_attack_on(Device& device, const Sequential& crafted_on,
                                    const DifferentiableModel& judged_on,
                                    const AttackRequest& request, const Tensor& images,
                                    std::span<const int> labels, std::span<const int> targets,
                                    ThreadPool& pool, const Progress& progress = {});

}  // namespace signflip::device
