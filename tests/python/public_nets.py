"""Twenty public architectures as people write them in PyTorch, with random weights of a fixed seed."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet5(nn.Module):
    """LeCun et al. 1998, with tanh and average pools."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class MnistExample(nn.Module):
    """Of pytorch/examples/mnist."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, 1), nn.Conv2d(32, 64, 3, 1)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(self.dropout1(x), 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class FgsmTutorial(nn.Module):
    """Of PyTorch's tutorial on adversarial examples, as it was until 2023."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 10, kernel_size=5), nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1, self.fc2 = nn.Linear(320, 50), nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = F.relu(self.fc1(x.view(-1, 320)))
        x = F.dropout(x, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


class Normalised(nn.Module):
    """Any net behind its normalisation, as much code on robustness has it."""

    def __init__(self, net, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.std)


def madry():
    """The MNIST challenge's net, Madry et al. 2018."""
    return nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(32, 64, 5, padding=2),
                         nn.ReLU(), nn.MaxPool2d(2, 2), nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.ReLU(),
                         nn.Linear(1024, 10))


class TradesSmallCnn(nn.Module):
    """Zhang et al. 2019."""

    def __init__(self):
        super().__init__()
        self.feature_extractor = nn.Sequential()
        for name, layer in [("conv1", nn.Conv2d(1, 32, 3)), ("relu1", nn.ReLU()), ("conv2", nn.Conv2d(32, 32, 3)),
                            ("relu2", nn.ReLU()), ("maxpool1", nn.MaxPool2d(2, 2)), ("conv3", nn.Conv2d(32, 64, 3)),
                            ("relu3", nn.ReLU()), ("conv4", nn.Conv2d(64, 64, 3)), ("relu4", nn.ReLU()),
                            ("maxpool2", nn.MaxPool2d(2, 2))]:
            self.feature_extractor.add_module(name, layer)
        self.classifier = nn.Sequential()
        for name, layer in [("fc1", nn.Linear(1024, 200)), ("relu1", nn.ReLU()), ("drop", nn.Dropout(0.5)),
                            ("fc2", nn.Linear(200, 200)), ("relu2", nn.ReLU()), ("fc3", nn.Linear(200, 10))]:
            self.classifier.add_module(name, layer)

    def forward(self, x):
        return self.classifier(self.feature_extractor(x).view(-1, 64 * 4 * 4))


class View(nn.Module):
    def forward(self, x):
        return x.view(x.shape[0], -1)


def fast_at():
    """mnist_net of Wong, Rice and Kolter 2020."""
    return nn.Sequential(nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 4, stride=2, padding=1),
                         nn.ReLU(), View(), nn.Linear(32 * 7 * 7, 100), nn.ReLU(), nn.Linear(100, 10))


class BasicBlock(nn.Module):
    def __init__(self, before, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, planes, 3, stride, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(planes), nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != planes:
            self.shortcut = nn.Sequential(nn.Conv2d(before, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    """He et al. 2016 for images of 32×32: 6n + 2 layers."""

    def __init__(self, n, classes=10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, before = [], 16
        for planes in (16, 32, 64):
            for i in range(n):
                blocks.append(BasicBlock(before, planes, 2 if i == 0 and planes > 16 else 1))
                before = planes
        self.layers, self.linear = nn.Sequential(*blocks), nn.Linear(64, classes)

    def forward(self, x):
        out = self.layers(F.relu(self.bn1(self.conv1(x))))
        out = F.avg_pool2d(out, 8)
        return self.linear(out.view(out.size(0), -1))


def mobile():
    """Depthwise separable, as MobileNet (Howard et al. 2017; ReLU6 of Sandler et al. 2018)."""
    def separable(before, after, stride):
        return [nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False), nn.BatchNorm2d(before), nn.ReLU6(),
                nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU6()]
    return nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU6(), *separable(16, 32, 1),
                         *separable(32, 64, 2), *separable(64, 64, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(64, 43))


def all_conv():
    """Springenberg et al. 2015, narrow; ends in global average pooling."""
    def conv(before, after, size, stride=1):
        return [nn.Conv2d(before, after, size, stride, size // 2), nn.ReLU(inplace=True)]
    return nn.Sequential(*conv(3, 24, 3), *conv(24, 24, 3), *conv(24, 24, 3, 2), *conv(24, 48, 3), *conv(48, 48, 3, 2),
                         *conv(48, 48, 3), *conv(48, 48, 1), *conv(48, 10, 1), nn.AdaptiveAvgPool2d((1, 1)),
                         nn.Flatten())


def micronnet():
    """Like MicronNet (Wong et al. 2018), for GTSRB."""
    return nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU(), nn.Conv2d(1, 29, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2),
                         nn.Conv2d(29, 59, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(59, 74, 3), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(296, 300), nn.ReLU(), nn.Linear(300, 43))


def vgg_small():
    layers, before = [], 3
    for planes in (16, 16, "M", 32, 32, "M", 64, "M"):
        if planes == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
        else:
            layers += [nn.Conv2d(before, planes, 3, padding=1), nn.BatchNorm2d(planes), nn.ReLU(inplace=True)]
            before = planes
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(), nn.Linear(256, 64), nn.ReLU(True),
                         nn.Dropout(), nn.Linear(64, 10))


def activation(act):
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), act, nn.Conv2d(8, 16, 3, stride=2, padding=1), act,
                         nn.Flatten(), nn.Linear(784, 32), act, nn.Linear(32, 10))


class Swish(nn.Module):
    """SiLU as x·sigmoid(x)."""

    def __init__(self):
        super().__init__()
        self.net = nn.ModuleList([nn.Conv2d(1, 8, 3, 2), nn.Conv2d(8, 16, 3, 2), nn.Linear(576, 10)])

    def forward(self, x):
        for conv in self.net[:2]:
            x = conv(x)
            x = x * torch.sigmoid(x)
        return torch.softmax(self.net[2](x.flatten(1)), dim=1)


def norms():
    """Batch norm without affine parameters, with its own epsilon, and of a list."""
    return nn.Sequential(nn.BatchNorm2d(3, affine=False), nn.Conv2d(3, 12, 4, 2, 1), nn.BatchNorm2d(12, eps=1e-3),
                         nn.LeakyReLU(0.1), nn.Conv2d(12, 24, 4, 2, 1), nn.BatchNorm2d(24, affine=False), nn.ReLU(),
                         nn.Flatten(), nn.BatchNorm1d(1536, affine=False), nn.Linear(1536, 20), nn.BatchNorm1d(20),
                         nn.Tanh(), nn.Linear(20, 10))


def dilated():
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=2, dilation=2), nn.ReLU(), nn.AvgPool2d(2),
                         nn.Conv2d(8, 16, 3, padding=4, dilation=4), nn.ReLU(), nn.AvgPool2d(3, 2, 1), nn.Flatten(),
                         nn.Linear(784, 10))


def grouped():
    return nn.Sequential(nn.Conv2d(3, 12, 3, 2, 1, groups=3), nn.ReLU(), nn.Conv2d(12, 24, 3, 2, 1, groups=4),
                         nn.Hardtanh(-0.5, 0.5), nn.Flatten(), nn.Linear(1536, 10))


class KerasLike(nn.Module):
    """N×H×W×C in, as nets from Keras are; its list of values goes through height, width, channel."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 12, 3)
        self.fc1, self.fc2 = nn.Linear(432, 32), nn.Linear(32, 10)

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.permute(0, 2, 3, 1).reshape(-1, 432)
        return torch.softmax(self.fc2(F.relu(self.fc1(x))), dim=-1)


class ComputedPool(nn.Module):
    """A pool as wide as what it finds, which torch.onnx.export does not take."""

    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 8, 3), nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = F.avg_pool2d(x, x.size()[3])
        return self.linear(x.view(x.size(0), -1))


MNIST, COLOUR = (28, 28, 1), (32, 32, 3)
# name: (how it is made, input, whether it is fed N×H×W×C)
NETS = {
    "LeNet-5": (LeNet5, MNIST), "PyTorch's MNIST example": (MnistExample, MNIST),
    "FGSM tutorial": (FgsmTutorial, MNIST), "Madry": (madry, MNIST), "TRADES SmallCNN": (TradesSmallCnn, MNIST),
    "Fast-AT": (lambda: Normalised(fast_at(), [0.1307], [0.3081]), MNIST),
    "ResNet-8": (lambda: ResNet(1), COLOUR), "ResNet-20": (lambda: ResNet(3), COLOUR), "MobileNet-like": (mobile, COLOUR),
    "all convolutional": (all_conv, COLOUR), "MicronNet-like": (micronnet, COLOUR), "small VGG": (vgg_small, COLOUR),
    "GELU": (lambda: activation(nn.GELU()), MNIST), "SiLU": (lambda: activation(nn.SiLU()), MNIST),
    "x·sigmoid(x)": (Swish, MNIST), "leaky ReLU": (lambda: activation(nn.LeakyReLU(0.2)), MNIST),
    "batch norms": (lambda: Normalised(norms(), [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]), COLOUR), "dilated": (dilated, MNIST),
    "grouped": (grouped, COLOUR), "from Keras": (KerasLike, COLOUR),
}


def make(name):
    """The net with weights and running statistics that are random, and the same in each run."""
    made, shape = NETS[name]
    torch.manual_seed(2022)
    net = made().eval()
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            if module.affine:
                nn.init.uniform_(module.weight, 0.7, 1.3)
                nn.init.normal_(module.bias, 0, 0.2)
    return net, shape, isinstance(net, KerasLike)
