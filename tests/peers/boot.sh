# Boots systemd as process 1 of namespaces of its own, on a copy of this host's files that is thrown away: $1 a folder, $2 a name
# for its control group, $3 what is to be seen as /run/source. First in the control group, then in the namespaces.
set -e
if [ "$4" != inside ]; then
  mkdir -p "$1/groups" "$1/root"
  mount -t cgroup2 none "$1/groups"
  group="$1/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/$2"
  mkdir "$group"
  echo $$ >"$group/cgroup.procs"
  umount "$1/groups"
  exec unshare --cgroup --pid --ipc --uts --mount --fork --kill-child sh "$0" "$1" "$2" "$3" inside
fi
mount --make-rprivate /
mount -t tmpfs none "$1/root"
cd "$1/root"
mkdir above work root
mount -t overlay overlay -o lowerdir=/,upperdir=above,workdir=work root
cd root
mount -t proc proc proc
# What systemd sets there as it starts would be set for the host, too.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t bpf -o mode=0700 bpf sys/fs/bpf
for folder in run tmp var/lib var/log dev; do mount -t tmpfs -o mode=0755 none "$folder"; done
mkdir dev/shm dev/pts run/source
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount --bind "$3" run/source
rm -rf etc/systemd/system/* usr/lib/systemd/system/*.wants
printf '[Unit]\nRequires=systemd-journald.service\nAllowIsolate=yes\n' >etc/systemd/system/booted.target
export container=ringfence-test
exec chroot . /lib/systemd/systemd --system --unit=booted.target --log-target=journal --show-status=no
