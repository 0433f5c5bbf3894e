// Small results and logs for the tests of reports.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/number.h"
#include "evaluate/report/input.h"

namespace signflip::test {

/// One entry of "results".
inline std::string result(const std::string& attack, double epsilon, double accuracy,
                          const std::string& more = "") {
  return "{\"attack\": \"" + attack +
         "\", \"norm\": \"linf\", \"epsilon\": " + number_text(epsilon) +
         ", \"accuracy\": " + number_text(accuracy) + more + "}";
}

inline std::string clean(double accuracy, const std::string& more = "") {
  return "{\"attack\": \"clean\", \"accuracy\": " + number_text(accuracy) + more + "}";
}

/// A file of results about a model named `model` on 1,000 images; `more` goes into the outer
/// object.
inline std::string results(const std::string& rows, const std::string& more = "",
                           const std::string& model = "net") {
  return "{\"signflip\": \"0.1.0\", \"model\": {\"file\": \"" + model +
         ".safetensors\", \"sha256\": \"aa" + model + "\", \"parameters\": 116362}, " +
         "\"dataset\": {\"name\": \"mnist\", \"split\": \"test\", \"count\": 1000}, " + more +
         "\"results\": [" + rows + "]}";
}

inline report::ReportInput read(const std::vector<std::string>& files) {
  report::ReportInput input;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Status status = read_input(files[i], "file" + std::to_string(i) + ".json", input);
    EXPECT_TRUE(status) << status.error().message;
  }
  return input;
}

}  // namespace signflip::test
