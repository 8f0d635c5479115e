"""A viewer that stays attached where no compositor is."""

import json
import os
import signal

import picture
import qemu
from qmp import Qmp
from qtest import Qtest
from viewer import CANNOT_ATTACH, DONE, VM_GONE, ViewerCase, wait_for
from virtio import Memory
from virtio_gpu import VirtioGpu, pattern

UUID = "6a5bd8e1-7c1e-4e0f-9f0a-3b1d2c4e5f60"
SIZE = (320, 240)
GPU = ("-device", "virtio-gpu-pci,id=gpu,max_outputs=2,addr=2")
GPU_SLOT = 2


@qemu.for_each_qemu
class Headless(ViewerCase):
    sanitize = valgrind = True

    def attach(self, machine, *arguments):
        run = self.start("--qmp", machine.qmp_path, "--headless", *arguments)
        wait_for(lambda: self.is_attached(machine) or not run.running(), "the viewer to attach")
        return run

    def describe(self, machine):
        vm, = json.loads(self.vitrine("--qmp", machine.qmp_path, "--list", "--json").output)
        return vm

    def test_pictures_are_taken_through_it(self):
        """And the guest, whose updates it answers, goes on drawing."""
        machine = self.halted_machine(*GPU, uuid=UUID)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        gpu.show(0, *SIZE, pattern(*SIZE, 10))
        run = self.attach(machine)
        vm = self.describe(machine)
        self.assertTrue(vm["viewer"])
        self.assertEqual(vm["job"], "headless")
        self.assertIn(b"without windows", self.vitrine("--qmp", machine.qmp_path, "--list").output)
        for salt in range(11, 16):
            gpu.show(0, *SIZE, pattern(*SIZE, salt))
            expected = picture.from_xrgb(*SIZE, pattern(*SIZE, salt))
            wait_for(lambda: not self.screenshot("--qmp", machine.qmp_path).difference(expected),
                     f"picture {salt}")
        consoles = self.describe(machine)["consoles"]
        self.assertEqual(consoles[0]["path"], "hidden")
        self.assertGreater(consoles[0]["answered"], 0)
        self.assertTrue(run.running(), run.story())
        self.assertEqual(run.terminate(), DONE, run.story())
        self.assertEqual(run.errors, "")

    def test_signal(self):
        machine = self.machine("-vga", "std")
        run = self.attach(machine)
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(), DONE, run.story())
        self.assertEqual(machine.oracle.execute("query-status")["status"], "running")

    def test_vm_dies(self):
        machine = self.machine("-vga", "std")
        run = self.attach(machine)
        machine.kill()
        self.assertEqual(run.wait(), VM_GONE, run.story())

    def test_one_is_enough(self):
        machine = self.machine("-vga", "std")
        run = self.attach(machine)
        self.vitrine("--qmp", machine.qmp_path, "--headless", status=CANNOT_ATTACH,
                     says="another vitrine has this VM")
        self.assertEqual(run.terminate(), DONE, run.story())

    def test_found_without_asking_the_vm(self):
        """QMP serves one program at a time: who has it keeps nobody from the viewer."""
        machine = self.halted_machine(*GPU, uuid=UUID)
        gpu = VirtioGpu(Qtest(machine.qtest_path), Memory(), GPU_SLOT)
        gpu.show(0, *SIZE, pattern(*SIZE, 10))
        expected = picture.from_xrgb(*SIZE, pattern(*SIZE, 10))
        run = self.attach(machine)
        holder = Qmp(machine.qmp_path)
        self.addCleanup(holder.close)
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), expected)
        # What a viewer leaves behind that is killed leads nowhere.
        run.process.kill()
        run.process.wait()
        self.vitrine("--qmp", machine.qmp_path, "--screenshot", self.path("a.png"),
                     status=CANNOT_ATTACH, says="QMP does not greet")
        holder.close()
        self.assert_same_picture(self.screenshot("--qmp", machine.qmp_path), expected)
        folder = os.path.join(self.folder, "vitrine")
        self.assertFalse([name for name in os.listdir(folder) if name.startswith("of-qmp-")])
