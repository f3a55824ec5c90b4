// SPDX-License-Identifier: Apache-2.0
// print_graph MODEL.onnx: the imported graph as text, which has no weights. Wrote the *.graph files of this folder.
#include <fmt/format.h>

#include <exception>

#include "builder/builder.h"
#include "ir/text.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: print_graph MODEL.onnx\n");
    return 2;
  }
  try {
    fmt::print("{}", tn::to_text(tn::read_onnx(arguments[1])));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
