// SPDX-License-Identifier: Apache-2.0
// What is told of models without building them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/os/file.h"
#include "builder/model_report.h"
#include "hostile/model_text.h"

namespace tn::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Survey : public testing::Test {
 protected:
  ~Survey() override { std::filesystem::remove(path_); }
  ModelReport report(std::string_view text, const std::map<std::string, Shape>& shapes = {}) const {
    write_file_atomically(path_, parse_model(text).SerializeAsString());
    return report_onnx(path_, shapes);
  }

 private:
  // Tests run side by side.
  const std::string path_ = fmt::format("{}survey_{}.onnx", testing::TempDir(), ::getpid());
};

TEST_F(Survey, TellsNodesOpenExtentsAndMemory) {
  constexpr std::string_view kModel =
      "inputs x:f32[N,256]\na = MatMul(x, f32[256,1024]!)\nb = Relu(a)\nc = MatMul(b, f32[1024,256]!)\ny = Add(c, x)";
  const ModelReport one = report(kModel);
  EXPECT_TRUE(one.supported);
  EXPECT_THAT(one.text, AllOf(HasSubstr("Nodes: 4 of 3 operators: 2 MatMul, 1 Add, 1 Relu\n"),
                              HasSubstr("Input 'x': f32[N,256]\n"), HasSubstr("Output 'y': f32[N,256]\n"),
                              HasSubstr("Open extents: N = 1\n"), HasSubstr("weights 2.00 MiB, results about 0.01 MiB"),
                              Not(HasSubstr("Not supported"))));
  // The result of a product and that of its Relu are there at once.
  EXPECT_THAT(report(kModel, {{"x", {128, 256}}}).text,
              AllOf(HasSubstr("Open extents: N = 128\n"), HasSubstr("results about 1.00 MiB for these extents")));
}

TEST_F(Survey, TellsAllFailuresAtOnceButNotWhatFollows) {
  const ModelReport broken = report(
      "inputs x:f32[2,3] c:bool[]\na = Nothing(x)\nb = Relu(a)\nd = Conv(x, f32[4,3,3,3]!)\ne = Softmax(d)\n"
      "f = If(c) then_branch=<Unheard(x);> else_branch=<Relu(x);>\ng = Abs(x)\nh = own.Thing(x)\noutputs b e f g h");
  EXPECT_FALSE(broken.supported);
  EXPECT_THAT(
      broken.text,
      AllOf(HasSubstr("Not supported: node 'the Nothing of a' (Nothing, opset 24): there is no such operator\n"),
            HasSubstr("Not supported: node 'the Conv of d' (Conv, opset 24): "), HasSubstr("(Unheard, opset 24)"),
            HasSubstr("(Thing, opset 1): no such operator in own\n"), HasSubstr("Output 'g': f32[2,3]\n"),
            Not(HasSubstr("(Relu")), Not(HasSubstr("Softmax, opset")), Not(HasSubstr("Output 'e'"))));
}

TEST_F(Survey, ExtentsThatRunningTellsHaveBounds) {
  EXPECT_THAT(report("NonZero(f32[4,8])").text, HasSubstr("at most 32\n"));
}

TEST_F(Survey, FilesThatCannotBeReadThrow) {
  EXPECT_THROW(report_onnx(testing::TempDir() + "no_such.onnx"), Error);
  EXPECT_THROW(report("inputs x:f32[2] x:f32[2]\nRelu(x)"), Error);
  EXPECT_THROW(report_caffe(testing::TempDir() + "no_such.prototxt", ""), Error);
}

}  // namespace
}  // namespace tn::test
