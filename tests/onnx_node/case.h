// SPDX-License-Identifier: Apache-2.0
// One case of ONNX's kind: a folder with model.onnx and test_data_set_*/{input,output}_*.pb.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tn::test {

struct Outcome {
  enum Kind { Passed, Failed, Skipped } kind;
  std::string text;  ///< why not passed
};

/// Builds and runs the case and compares. What Tenon does not support is skipped; so is a case `listed` as not working
/// yet, which must fail. data.json may say how many steps apart integer results may be: {"steps": 1}.
Outcome judge(const std::filesystem::path& folder, bool listed, bool with_passes);

/// Types of the model's nodes as "Domain.Type", each once: a case counts for all of them.
std::vector<std::string> operators_of(const std::filesystem::path& folder);

}  // namespace tn::test
