// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace tn::test {

/// Small files of weights of Caffe in protobuf's wire format, by name: those that kTrainedNet wants in several forms,
/// networks that hold their weights, and an array alone.
std::map<std::string, std::string> trained_weights();

}  // namespace tn::test
