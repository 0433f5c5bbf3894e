// Folders with pictures and a model's classes: by name, by number, by place; and what is refused.
#include "page/folder_classes.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

using Names = std::vector<std::string>;

std::vector<int> classes_of(const Names& folders, const Names& classes) {
  const auto found = classes_of_folders(folders, classes);
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : std::vector<int>{};
}

std::string refused(const Names& folders, const Names& classes) {
  const auto found = classes_of_folders(folders, classes);
  return found ? "nothing" : found.error().message;
}

const Names kAnimals = {"cat", "dog", "eel"};

TEST(FolderClasses, AClassIsFoundByItsNameWhateverTheOrder) {
  EXPECT_EQ(classes_of({"eel", "cat"}, kAnimals), (std::vector{2, 0}));
  // Names that are numbers are names.
  EXPECT_EQ(classes_of({"1", "10"}, {"10", "1", "7"}), (std::vector{1, 0}));
}

TEST(FolderClasses, NumbersAreClassesWhereTheyAreNoNames) {
  EXPECT_EQ(classes_of({"00002", "0"}, kAnimals), (std::vector{2, 0}));
}

TEST(FolderClasses, ClassesWithoutNamesStandForAllFoldersInTheOrderOfTheirNames) {
  EXPECT_EQ(classes_of({"pear", "apple", "fig"}, {"0", "1", "2"}), (std::vector{2, 0, 1}));
}

TEST(FolderClasses, AFolderThatIsNoClassIsRefusedByItsName) {
  EXPECT_EQ(refused({"cat", "Dog"}, kAnimals),
            "the folder \"Dog\" is called by none of the model's 3 classes: \"cat\", \"dog\", "
            "\"eel\"");
  EXPECT_NE(refused({"0", "3"}, kAnimals).find("\"0\""), std::string::npos);
  // Fewer folders than classes without names: nobody knows which is missing.
  EXPECT_NE(refused({"apple", "fig"}, {"0", "1", "2"}).find("\"apple\""), std::string::npos);
  Names many;
  for (int i = 0; i < 43; ++i) many.push_back("sign " + std::to_string(i));
  EXPECT_NE(refused({"x"}, many).find("\"sign 5\" and 37 more"), std::string::npos);
}

TEST(FolderClasses, TwoFoldersOfOneClassAreRefused) {
  EXPECT_EQ(refused({"2", "02"}, kAnimals), "the folders \"2\" and \"02\" are both class 2");
}

}  // namespace
}  // namespace signflip
