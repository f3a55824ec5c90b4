// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tn::api {

/// A preprocessing specification in which `mean=@FILE` (a mean image as Caffe writes it, .binaryproto) became the mean
/// of each channel, in the file's order. Throws Error naming the file.
std::string with_mean_of_file(std::string specification);

}  // namespace tn::api
