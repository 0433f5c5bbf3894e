// What lies where a dataset was looked for, for the error that it was not found.
#pragma once

#include <string>

namespace signflip::cli {

/// "; /data has gtsrb, mnist": the names in the folder that --data or SIGNFLIP_DATA name, or in
/// ./data; that it does not exist, or is empty.
std::string dataset_hint(const std::string& data_option);

}  // namespace signflip::cli
